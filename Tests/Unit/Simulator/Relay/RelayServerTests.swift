import Glibc
import Testing
import WebSocket

@testable import Simulator

/// The relay on real sockets; what does not depend on TLS is tested without it.
@Suite struct RelayServerTests {
  // MARK: Upgrade

  @Test(arguments: ["/", "/any/path?at=all"])
  func theReplyIsThatOfTheServer(path: String) throws {
    let harness = try ServerHarness()
    let client = try harness.client()
    client.send(TestClient.request(path: path, extra: "Sec-WebSocket-Extensions: permessage-deflate\r\n"))
    try harness.wait { client.received.count > 100 }
    // The accept value is that of RFC 6455, section 1.3.
    #expect(
      client.takeHead()
        == "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
        + "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nsec-websocket-protocol: mles-websocket\r\n\r\n")
  }

  @Test(
    arguments: [
      (TestClient.request(subprotocols: []), "400"), (TestClient.request(subprotocols: ["x"]), "400"),
      (TestClient.request(subprotocols: ["Mles-Websocket"]), "400"),
      (TestClient.request(subprotocols: ["mles-websocket", "x"]), "400"),
      (TestClient.request(subprotocols: ["x, mles-websocket"]), "400"),
      (TestClient.request(method: "POST"), "405"), ("GET / HTTP/1.1\r\nHost: h\r\n\r\n", "400"),
      ("nonsense\r\n\r\n", "400"), ("\u{16}\u{3}\u{1}", "400"),
      ("GET / HTTP/1.1\r\nX: " + String(repeating: "x", count: 9000), "431"),
    ])
  func otherRequestsGetAnErrorAndFIN(request: String, status: String) throws {
    let harness = try ServerHarness()
    let client = try harness.client()
    client.send(request)
    try harness.wait { client.isOver }
    let head = try #require(client.takeHead())
    #expect(head.hasPrefix("HTTP/1.1 \(status) "))
    #expect(client.hasEnded)
    client.close()
    try harness.wait { harness.server.connectionCount == 0 }
    #expect(harness.server.core.memberCount == 0)
  }

  @Test func headerAndMessagesPipelinedBehindTheRequestAllWork() throws {
    let harness = try ServerHarness()
    let bob = try harness.member("bob")
    let alice = try harness.client()
    alice.send(
      Array(TestClient.request().utf8) + TestClient.header("alice") + TestClient.text("one") + TestClient.text("two"))
    try harness.wait { bob.received.count >= 10 }
    #expect(bob.takeFrames() == ["text:one", "text:two"])
    #expect(alice.takeHead()?.hasPrefix("HTTP/1.1 101") == true)
  }

  @Test func aRequestInSinglesBytesIsTaken() throws {
    let harness = try ServerHarness()
    let client = try harness.client()
    for byte in TestClient.request().utf8 {
      client.send([byte])
      try harness.loop.turn()
    }
    try harness.wait { client.received.suffix(4) == Array("\r\n\r\n".utf8) }
  }

  // MARK: Messages

  @Test(arguments: [0, 1, 125, 126, 65_535, 65_536, 300_000])
  func messagesOfAnySizeArriveWithMinimalHeaders(count: Int) throws {
    let harness = try ServerHarness()
    let (alice, bob) = try harness.pair()
    let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
    alice.send(TestClient.frame(.binary, payload))
    let expected = RelayFrame(.binary, payload).wire
    try harness.wait { bob.received.count >= expected.count }
    let isUnchanged = bob.take() == expected
    #expect(isUnchanged)
    #expect(expected.count - count == (count < 126 ? 2 : count < 65_536 ? 4 : 10))
  }

  @Test func fragmentsWithPingsBetweenArriveAsOneFrame() throws {
    let harness = try ServerHarness()
    let (alice, bob) = try harness.pair()
    alice.send(TestClient.frame(.text, [0xC3], isFinal: false))
    alice.send(TestClient.frame(.ping, [1]))
    alice.send(TestClient.frame(.continuation, [0xA4], isFinal: false))
    alice.send(TestClient.frame(.continuation, []))
    try harness.wait { bob.received.count >= 7 }
    #expect(bob.takeFrames() == ["ping:01", "text:\u{E4}"])
    try harness.wait { alice.received.count >= 3 }
    #expect(alice.takeFrames().last == "pong:01")
  }

  @Test func theHistoryComesInOrderOverTheWire() throws {
    let harness = try ServerHarness()
    let alice = try harness.member("alice")
    for number in 0..<20 { alice.send(TestClient.text("\(number)")) }
    try harness.wait { harness.server.core.statistics.messageCount == 20 }
    let bob = try harness.member("bob")
    try harness.wait { bob.received.count >= RelayHarness.header("alice").utf8.count + 2 + 70 }
    #expect(bob.takeFrames() == ["text:" + RelayHarness.header("alice")] + (0..<20).map { "text:\($0)" })
  }

  // MARK: Endings

  static let violations: [(String, [UInt8])] = [
    ("an unmasked frame", [0x81, 0x01, 0x61]), ("a reserved opcode", [0x83, 0x80, 0, 0, 0, 0]),
    ("a reserved bit", [0xC1, 0x80, 0, 0, 0, 0]), ("a fragmented ping", [0x09, 0x80, 0, 0, 0, 0]),
    ("a long ping", [0x89, 0xFE, 0, 126, 0, 0, 0, 0]), ("a stray continuation", [0x80, 0x80, 0, 0, 0, 0]),
    ("text that is not UTF-8", TestClient.frame(.text, [0xFF])),
    ("a length that is not minimal", [0x82, 0xFE, 0, 5, 0, 0, 0, 0]),
    ("a close with one byte", TestClient.frame(.close, [3])),
    ("bug: a close code that must not be sent was taken", TestClient.frame(.close, [0x03, 0xED])),
    ("bug: a close reason that is not UTF-8 was taken", TestClient.frame(.close, [0x03, 0xE8, 0xC3])),
    ("a frame above 16 MiB", [0x82, 0xFF, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0]),
  ]

  @Test(arguments: violations.indices)
  func everyViolationGetsAnEmptyCloseAndFIN(index: Int) throws {
    let harness = try ServerHarness()
    let alice = try harness.member("alice")
    alice.send(Self.violations[index].1)
    try harness.wait { alice.isOver }
    #expect(alice.take() == [0x88, 0x00], "\(Self.violations[index].0)")
    #expect(alice.hasEnded)
    alice.close()
    try harness.wait { harness.server.connectionCount == 0 }
  }

  @Test func aFrameOf16MiBIsTakenAndMessagesAreLimitedAsAWhole() throws {
    var limits = RelayLimits()
    limits.framePayloadByteCountMax = 1000
    limits.messageByteCountMax = 2000
    let harness = try ServerHarness(limits: limits)
    #expect(RelayLimits().framePayloadByteCountMax == 16 << 20)
    #expect(RelayLimits().messageByteCountMax == 64 << 20)
    let (alice, bob) = try harness.pair()
    let part = [UInt8](repeating: 1, count: 1000)
    alice.send(TestClient.frame(.binary, part, isFinal: false) + TestClient.frame(.continuation, part))
    try harness.wait { bob.received.count >= 2004 }
    alice.send(TestClient.frame(.binary, part, isFinal: false) + TestClient.frame(.continuation, part, isFinal: false))
    alice.send(TestClient.frame(.continuation, [1]))
    try harness.wait { alice.isOver }
    #expect(alice.take() == [0x88, 0x00])
    #expect(bob.take().count == 2004)
  }

  @Test(arguments: [[], [0x03, 0xE8], [0x03, 0xE8, 0x62, 0x79, 0x65]] as [[UInt8]])
  func aCloseIsAnsweredWithFINOnly(payload: [UInt8]) throws {
    let harness = try ServerHarness()
    let alice = try harness.member("alice")
    alice.send(TestClient.frame(.close, payload))
    try harness.wait { alice.isOver }
    #expect(alice.hasEnded)
    #expect(alice.take() == [])
  }

  @Test func aConnectionThatEndsFreesItsIdentity() throws {
    let harness = try ServerHarness()
    let alice = try harness.member("alice")
    alice.finishWriting()
    try harness.wait { harness.server.connectionCount == 0 }
    _ = try harness.member("alice")
    let cut = try harness.connect()
    close(cut)
    try harness.wait { harness.server.connectionCount == 1 }
  }

  @Test func aDuplicateIsRefusedOnTheWire() throws {
    let harness = try ServerHarness()
    let alice = try harness.member("alice")
    let duplicate = try harness.upgraded()
    duplicate.send(TestClient.header("alice") + TestClient.text("lost"))
    try harness.wait { duplicate.isOver }
    #expect(duplicate.take() == [0x88, 0x00])
    #expect(!alice.isOver)
    #expect(harness.server.core.statistics.messageCount == 0)
  }

  @Test func aLateBadHeaderIsRefusedAtTheTickWithoutAPing() throws {
    let harness = try ServerHarness { $0.pingIntervalMilliseconds = 150 }
    let clock = LinuxClock()
    let start = clock.monotonicMilliseconds()
    let client = try harness.upgraded()
    // Past the time within which a refusal comes at once; nothing happens meanwhile.
    _ = try harness.loop.run(until: { false }, timeoutMilliseconds: 5)
    client.send(TestClient.text("no header") + [0xFF, 0xFF])
    try harness.wait { client.isOver }
    #expect(client.take() == [0x88, 0x00])
    #expect(clock.monotonicMilliseconds() - start >= 150)
  }

  @Test func whoIsPingedOutGetsACloseAndTCPStaysOpenForAWhile() throws {
    let harness = try ServerHarness { $0.pingIntervalMilliseconds = 150 }
    let alice = try harness.member("alice")
    try harness.wait { alice.received.count >= 8 }
    #expect(alice.takeFrames() == ["ping:", "ping:", "ping:", "close:"])
    #expect(!alice.isOver)
    #expect(harness.server.core.memberCount == 0)
    try harness.wait { alice.isOver }
    #expect(harness.server.connectionCount == 0)
  }

  // MARK: Those who stall

  @Test func aRequestThatNeverEndsIsCutOff() throws {
    var limits = RelayLimits()
    limits.upgradeTimeoutMilliseconds = 50
    let harness = try ServerHarness(limits: limits)
    let client = try harness.client()
    client.send("GET / HTTP/1.1\r\n")
    try harness.wait { client.isOver }
    #expect(client.take() == [])
    #expect(harness.logLines.contains { $0.contains("no HTTP request within 50 ms") })
  }

  @Test func anEndThatIsNotTakenIsCutOff() throws {
    var limits = RelayLimits()
    limits.lingerTimeoutMilliseconds = 50
    let harness = try ServerHarness(limits: limits)
    let client = try harness.client()
    client.send("nonsense\r\n\r\n")
    // The client gets FIN and does not leave.
    try harness.wait { client.hasEnded }
    try harness.wait { harness.server.connectionCount == 0 }
  }

  @Test func aSlowReaderIsDroppedAndDoesNotHoldUpTheOthers() throws {
    let harness = try ServerHarness { $0.queueByteCountMax = 1 << 20 }
    let (alice, bob) = try harness.pair()
    let slow = try harness.member("slow")
    slow.isReading = false
    let frame = TestClient.frame(.binary, [UInt8](repeating: 7, count: 100_000))
    var received = 0
    // Enough for the kernel's buffers on both sides and the queue.
    for number in 1...300 {
      alice.send(frame)
      try harness.wait {
        received += bob.take().count
        return received == number * 100_010
      }
    }
    #expect(harness.server.core.statistics.slowReaderCount == 1)
    #expect(harness.server.connectionCount == 2)
    slow.isReading = true
    try harness.wait { slow.isOver }
  }

  @Test func tooManyConnectionsAreClosedAtOnce() throws {
    let harness = try ServerHarness(connectionCountMax: 2)
    let (alice, bob) = (try harness.member("alice"), try harness.member("bob"))
    let third = try harness.client()
    try harness.wait { third.isOver }
    #expect(harness.server.turnedAwayCount == 1)
    #expect(harness.logLines.contains("more than 2 connections: turning new ones away"))
    alice.close()
    try harness.wait { harness.server.connectionCount == 1 }
    _ = try harness.member("carol")
    #expect(!bob.isOver)
  }

  // MARK: Ending the server

  @Test func stoppingClosesEveryoneAndThePort() throws {
    let harness = try ServerHarness()
    let alice = try harness.member("alice")
    harness.server.stop()
    try harness.wait { alice.isOver }
    #expect(harness.server.connectionCount == 0)
    let port = harness.server.address.port
    _ = try RelayListener(host: "127.0.0.1", port: port)
  }

  @Test func aPortInUseIsAnErrorThatSaysWhatToDo() throws {
    let harness = try ServerHarness()
    let port = harness.server.address.port
    let error = #expect(throws: RunFailure.self) { try RelayListener(host: "127.0.0.1", port: port) }
    #expect(error?.description == "port \(port) on 127.0.0.1 is in use; choose another with --port, 0 for any")
    #expect(throws: RunFailure.self) { try RelayListener(host: "192.0.2.1", port: 0) }
    #expect(throws: RunFailure.self) { try RelayListener(host: "example.org", port: 0) }
  }
}
