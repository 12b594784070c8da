import Bytes
import Mles
import Testing
import WebSocket

@Suite("Session: messages and frames")
struct SessionTrafficTests {
  @Test("a protocol error queues a Close with its code, and closing has a limit")
  func protocolError() throws {
    for (bytes, error, code) in [
      ([0xC1, 0x00], ProtocolError.reservedBits(bits: 4), 1002),
      ([0x81, 0x80, 0, 0, 0, 0], .maskedFrameFromServer, 1002),
      ([0x81, 0x01, 0xFF], .invalidUTF8(offset: 0), 1007),
      ([0x80, 0x00], .unexpectedContinuation, 1002),
      ([0x88, 0x01, 0x00], .truncatedCloseCode, 1002),
    ] as [([UInt8], ProtocolError, Int)] {
      let rig = try NodeSizedRig()
      rig.join()
      rig.receive(bytes)
      #expect(rig.state == .closing(.protocolError(error)))
      rig.pump()
      #expect(rig.server.closes.map { $0.payload.prefix(2).reduce(0) { $0 << 8 | Int($1) } } == [code])
      rig.poll(after: 2_000)
      #expect(rig.state == .waitingToRetry(.protocolError(error)))
      #expect(rig.wait <= 500)
    }
  }

  @Test("after a protocol error the rest of the input is used up, and means nothing")
  func restOfTheInput() throws {
    let rig = try NodeSizedRig()
    rig.join()
    var input: [UInt8] = [0xFF, 0xFF] + WireFrame.fromServer(1, Array("hello".utf8))
    var position = 0
    var span = input.mutableSpan
    let event = rig.session.receive(&span, position: &position, nowMilliseconds: rig.now)
    #expect(event == nil)
    #expect(position == 9)
  }

  @Test("bug: bytes that arrive after the end of a connection brought the session back into it")
  func bytesAfterTheEnd() throws {
    let rig = try NodeSizedRig()
    rig.join()
    rig.end(.retry)
    let deadline = rig.deadline
    rig.receive([0x88, 0x00])
    rig.receive([0xFF, 0xFF])
    rig.receive(WireFrame.fromServer(1, [0x41]))
    #expect(rig.state == .waitingToRetry(.transportFailed(.retry)))
    #expect(rig.deadline == deadline)
    #expect(rig.received == [.serverPing])
  }

  @Test("a Ping is answered though the output is full, as soon as there is room")
  func pongBehindFullOutput() throws {
    let rig = try NodeSizedRig()
    rig.join()
    while rig.send("0123456789") {}
    rig.server.sendPing(Array("tick".utf8))
    rig.deliver()
    #expect(!rig.send("not before the Pong"))
    for _ in 0..<700 { rig.write(limit: 1) }
    rig.pump()
    #expect(rig.server.pongs.map(\.payload) == [[], Array("tick".utf8)])
  }

  @Test("of many Pings during a full output the last is answered, and input is always drained")
  func pingFloodBehindFullOutput() throws {
    let rig = try NodeSizedRig()
    rig.join()
    while rig.send("0123456789") {}
    for number in 0..<100 as Range<UInt8> { rig.server.sendPing([number]) }
    rig.deliver()
    #expect(rig.received.count == 101)
    rig.pump()
    #expect(rig.server.pongs.last?.payload == [99])
    #expect(rig.send("goes on"))
  }

  @Test("a message above the buffer comes in chunks with offset and total", arguments: [1, 50, 512, Int.max])
  func chunks(pieceBytes: Int) throws {
    let rig = try NodeSizedRig()
    rig.join()
    let message = (0..<5_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    rig.received = []
    rig.pieceBytes = pieceBytes
    rig.server.send(binary: message)
    rig.server.send(text: "behind")
    rig.pump()
    var assembled: [UInt8] = []
    for event in rig.received.dropLast() {
      guard case .chunk(let chunk, let bytes) = event else {
        Issue.record("\(event)")
        continue
      }
      #expect(chunk.kind == .binary && chunk.offset == UInt64(assembled.count) && chunk.totalBytes == 5_000)
      assembled += bytes
      #expect(chunk.isFinal == (assembled.count == 5_000))
    }
    #expect(assembled == message)
    #expect(rig.received.last == .text("behind"))
  }

  @Test("what is refused as too big ends the connection with 1009")
  func tooBig() throws {
    let rig = try NodeSizedRig(oversize: .refuse)
    rig.join()
    rig.server.send(binary: Array(repeating: 1, count: 1_025))
    rig.pump()
    #expect(rig.state == .closing(.protocolError(.messageTooBig(length: 1_025, limit: 1_024))))
    #expect(rig.server.closes.first?.payload.prefix(2) == [0x03, 0xF1])
  }

  @Test("masking keys differ from frame to frame, and between connections")
  func maskingKeys() throws {
    let rig = try NodeSizedRig()
    var keys: [[UInt8]] = []
    for _ in 0..<20 {
      rig.upgrade()
      for number in 0..<20 { #expect(rig.send("\(number)")); rig.pump() }
      keys += rig.server.frames.compactMap(\.maskingKey)
      rig.end(.retry)
      rig.waitForRetry()
    }
    #expect(keys.count == 20 * 21)
    #expect(Set(keys).count >= keys.count - 1)
  }

  @Test("messages go out in order, none twice, whatever the transport takes at a time", arguments: [1, 3, 100])
  func order(limit: Int) throws {
    let rig = try NodeSizedRig()
    rig.join()
    var next = 0
    for _ in 0..<20_000 where rig.server.messages.count < 100 {
      if next < 100, rig.send("message \(next)") { next += 1 }
      rig.write(limit: limit)
    }
    #expect(rig.server.messages == (0..<100).map { "message \($0)" })
  }

  @Test("what can never be sent is refused, the largest that can be is sent")
  func largestMessage() throws {
    let rig = try NodeSizedRig()
    rig.join()
    let largest = rig.session.maximumMessageBytes
    #expect(!rig.send(String(repeating: "x", count: largest + 1)))
    #expect(rig.send(String(repeating: "x", count: largest)))
    rig.pump()
    #expect(rig.server.messages.map(\.count) == [largest])
  }

  @Test("nothing is sent in a state in which nothing can be")
  func sendingTooEarly() throws {
    let rig = try NodeSizedRig()
    #expect(!rig.send("idle"))
    rig.start()
    #expect(!rig.send("resolving"))
    rig.securing()
    #expect(!rig.send("securing"))
    rig.open()
    #expect(!rig.send("upgrading"))
    rig.end(.retry)
    #expect(!rig.send("waiting"))
  }

  @Test("nothing of one connection is sent on the next")
  func nothingIsCarriedOver() throws {
    let rig = try NodeSizedRig()
    rig.join()
    rig.send("lost with its connection")
    rig.receive([0x81, 0x05, 0x41])
    rig.end(.retry)
    rig.waitForRetry()
    rig.join()
    #expect(rig.server.messages == [])
    #expect(rig.state == .joined)
  }

  @Test("every end has words")
  func words() throws {
    let ends: [SessionEnd] = [
      .transportFailed(.retry), .timedOut(.upgrade, limitMilliseconds: 10_000),
      .upgradeRefused(.unexpectedStatus(got: 404)), .protocolError(.maskedFrameFromServer), .identityInUse,
      .joinRefused, .closedByServer(.goingAway), .endOfStream,
      .joinHeaderTooLarge(requiredBytes: 300, capacityBytes: 240), .left,
    ]
    var all: Set<String> = []
    for end in ends {
      var bytes = [UInt8](repeating: 0, count: 200)
      var writer = ByteWriter(bytes.mutableSpan)
      end.describe(to: &writer)
      let count = try writer.finish()
      all.insert(String(decoding: bytes[..<count], as: UTF8.self))
    }
    #expect(all.count == ends.count)
    #expect(all.contains("the server did not answer the upgrade within 10 s"))
    #expect(all.contains("the server closed the connection, code 1001"))
    #expect(all.contains("join header of 300 bytes, expected at most 240"))
  }
}
