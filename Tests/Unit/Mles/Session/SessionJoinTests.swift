import Bytes
import Mles
import Testing
import WebSocket

@Suite("Session: from the upgrade to the confirmed join")
struct SessionJoinTests {
  @Test("the request asks for the Mles subprotocol, once")
  func request() throws {
    let rig = try NodeSizedRig()
    rig.upgrade()
    #expect(rig.server.request.hasPrefix("GET /ws HTTP/1.1\r\nHost: mles.example\r\n"))
    #expect(rig.server.request.components("Sec-WebSocket-Protocol: mles-websocket\r\n") == 2)
    #expect(rig.server.phase == .open)
  }

  @Test("the states follow each other, with the server's first Ping as confirmation")
  func states() throws {
    let rig = try NodeSizedRig()
    #expect(rig.state == .idle)
    rig.start()
    #expect(rig.state == .resolving)
    rig.connecting()
    #expect(rig.state == .connecting)
    rig.securing()
    #expect(rig.state == .securing)
    rig.open()
    #expect(rig.state == .upgrading)
    rig.write()
    rig.deliver()
    #expect(rig.state == .joining)
    rig.write()
    #expect(rig.state == .joinUnconfirmed)
    rig.now += 24_000
    rig.server.sendPing()
    rig.pump()
    #expect(rig.state == .joined)
    #expect(rig.joinCount == 1)
    #expect(rig.received == [.serverPing])
    #expect(rig.server.pongs.count == 1)
  }

  @Test("a transport may skip the states it does not know")
  func resolvedAddress() throws {
    let rig = try NodeSizedRig()
    rig.start()
    rig.securing()
    #expect(rig.state == .securing)
  }

  @Test("the first frame is the join header, text, masked, with the vector's authentication")
  func header() throws {
    let rig = try NodeSizedRig()
    rig.upgrade()
    let first = try #require(rig.server.frames.first)
    // alice/example without a key: 9b3b95527f7c2d80 (observed on mles-rs 2.9.2).
    #expect(first.text == #"{"uid":"alice","channel":"example","auth":"9b3b95527f7c2d80"}"#)
    #expect(first.opcode == 1 && first.isFinal && first.maskingKey != nil)
    #expect(rig.server.frames.count == 1)
  }

  @Test("history confirms the join")
  func history() throws {
    let rig = try NodeSizedRig()
    rig.upgrade()
    rig.server.send(text: #"{"uid":"bob","channel":"example"}"#)
    rig.server.send(binary: [])
    rig.pump()
    #expect(rig.state == .joined)
    #expect(rig.received == [.text(#"{"uid":"bob","channel":"example"}"#), .binary([])])
  }

  @Test("a Pong nobody asked for confirms the join, and is no event")
  func pong() throws {
    let rig = try NodeSizedRig()
    rig.upgrade()
    rig.server.output += WireFrame.fromServer(10, [1, 2, 3])
    rig.pump()
    #expect(rig.state == .joined)
    #expect(rig.received.isEmpty)
  }

  @Test("half a frame confirms nothing")
  func halfAFrame() throws {
    let rig = try NodeSizedRig()
    rig.upgrade()
    rig.receive([0x81, 0x05, 0x41, 0x42])
    #expect(rig.state == .joinUnconfirmed)
    rig.receive([0x43, 0x44, 0x45])
    #expect(rig.state == .joined)
    #expect(rig.received == [.text("ABCDE")])
  }

  @Test("header and messages leave in one write")
  func pipelined() throws {
    let rig = try NodeSizedRig()
    rig.connect()
    rig.write()
    rig.deliver()
    #expect(rig.canSend)
    #expect(rig.send("one"))
    #expect(rig.send("two"))
    rig.write()
    #expect(rig.server.messages == ["one", "two"])
    #expect(rig.state == .joinUnconfirmed)
  }

  @Test("the answer to the upgrade and the first frames may come in one piece")
  func framesBehindTheResponse() throws {
    let rig = try NodeSizedRig()
    rig.connect()
    rig.write()
    rig.server.sendPing([7])
    rig.pump()
    #expect(rig.received == [.ping])
    #expect(rig.server.pongs.map(\.payload) == [[7]])
  }

  @Test("bug: a frame that came before the join header was sent confirmed the join")
  func nothingIsConfirmedBeforeTheHeaderWasSent() throws {
    let rig = try NodeSizedRig()
    rig.connect()
    rig.write()
    rig.server.sendPing()
    rig.deliver()
    #expect(rig.state == .joining)
    #expect(rig.joinCount == 0)
    rig.pump()
    #expect(rig.state == .joinUnconfirmed)
    rig.server.sendPing()
    rig.pump()
    #expect(rig.state == .joined)
  }

  @Test("bug: with messages always waiting behind it, the join header never counted as sent")
  func headerIsSentThoughTheOutputIsNeverEmpty() throws {
    let rig = try NodeSizedRig()
    rig.connect()
    rig.write()
    rig.deliver()
    for number in 0..<200 {
      while rig.send("message \(number) of a flood that fills the buffer") {}
      rig.write(limit: 50)
    }
    #expect(rig.server.frames.count > 10)
    #expect(rig.hasOutput)
    #expect(rig.state == .joinUnconfirmed)
  }

  @Test("the header is unconfirmed with its last byte, not before")
  func headerByteByByte() throws {
    let rig = try NodeSizedRig()
    rig.connect()
    rig.write()
    rig.deliver()
    rig.send("behind")
    let headerBytes = 2 + 4 + 61
    for _ in 1..<headerBytes {
      rig.write(limit: 1)
      #expect(rig.state == .joining)
    }
    rig.write(limit: 1)
    #expect(rig.state == .joinUnconfirmed)
  }

  @Test("a join header that can never fit is told so, and not tried again soon")
  func headerTooLarge() throws {
    let rig = try SessionRig<128, 240>(
      uid: String(repeating: "\u{1}", count: 40), channel: String(repeating: "c", count: 10))
    rig.connect()
    rig.pump()
    #expect(rig.state == .waitingToRetry(.joinHeaderTooLarge(requiredBytes: 299, capacityBytes: 240)))
    #expect(rig.wait == 300_000)
    #expect(!rig.wantsTransport)
  }

  @Test("a join header that fits the buffer but not a frame in it is told so too")
  func headerWithoutRoomForTheFrame() throws {
    let rig = try SessionRig<128, 240>(
      uid: String(repeating: "u", count: 64), channel: String(repeating: "\"", count: 61))
    rig.connect()
    rig.pump()
    let required = 49 + 64 + 122
    #expect(
      rig.state == .waitingToRetry(.joinHeaderTooLarge(requiredBytes: required, capacityBytes: 232)))
  }

  @Test("names that are not the channel's kind are refused before anything is sent")
  func names() throws {
    #expect(throws: JoinHeaderError.self) { try NodeSizedRig(uid: "") }
    #expect(throws: JoinHeaderError.self) { try NodeSizedRig(channel: "käse") }
    #expect(throws: JoinHeaderError.self) { try NodeSizedRig(uid: String(repeating: "u", count: 65)) }
  }

  @Test("byte by byte the same happens as at once", arguments: [1, 2, 3, 7, 64, Int.max])
  func pieces(pieceBytes: Int) throws {
    let rig = try NodeSizedRig()
    rig.pieceBytes = pieceBytes
    rig.upgrade()
    rig.server.send(text: String(repeating: "x", count: 200))
    rig.server.sendPing(Array(0..<125))
    rig.server.send(binary: Array(repeating: 9, count: 1024))
    rig.server.send(text: "")
    rig.pump()
    #expect(
      rig.received == [
        .text(String(repeating: "x", count: 200)), .ping, .binary(Array(repeating: 9, count: 1024)), .text(""),
      ])
    #expect(rig.send("reading"))
    rig.pump()
    #expect(rig.server.messages == ["reading"])
    #expect(rig.server.pongs.map(\.payload) == [Array(0..<125)])
    #expect(rig.state == .joined)
  }
}

extension String {
  /// The number of parts that `separator` cuts this into.
  fileprivate func components(_ separator: String) -> Int {
    split(separator: separator, omittingEmptySubsequences: false).count
  }
}
