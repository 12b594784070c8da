import Bytes
import Mles
import Testing
import WebSocket

@Suite("Session: refused, and what follows")
struct SessionRefusalTests {
  private func refusedAtOnce(_ rig: NodeSizedRig) {
    rig.upgrade()
    rig.server.sendEmptyClose()
    rig.pump()
    rig.end()
  }

  @Test("an empty Close right behind the join means that the identity is in use")
  func identityInUse() throws {
    let rig = try NodeSizedRig()
    rig.upgrade()
    rig.server.sendEmptyClose()
    rig.pump()
    #expect(rig.state == .closing(.identityInUse))
    rig.end()
    #expect(rig.state == .waitingToRetry(.identityInUse))
    #expect(rig.joinCount == 0)
    #expect(rig.wait == 3_000)
  }

  @Test("a Close within 23 s says that the identity is in use, also by a server that stalled; later, a bad header")
  func boundary() throws {
    for (delay, end) in [(22_999, SessionEnd.identityInUse), (23_000, .joinRefused)] as [(UInt64, SessionEnd)] {
      let rig = try NodeSizedRig()
      rig.upgrade()
      rig.now += delay
      rig.server.sendEmptyClose()
      rig.pump()
      #expect(rig.state == .closing(end))
    }
  }

  @Test("the own ghost is met every 3 s until 96 s have passed, then every 300 s")
  func ghostSchedule() throws {
    let rig = try NodeSizedRig()
    let start = rig.now
    var waits: [UInt64] = []
    for _ in 0..<36 {
      refusedAtOnce(rig)
      waits.append(rig.wait)
      rig.waitForRetry()
    }
    #expect(Array(waits.prefix(32)) == Array(repeating: 3_000, count: 32))
    #expect(Array(waits.suffix(4)) == Array(repeating: 300_000, count: 4))
    #expect(rig.now - start == 96_000 + 4 * 300_000)
  }

  @Test("at 96 s exactly the ghost is no excuse any more")
  func ghostLimit() throws {
    for (delay, wait) in [(95_999, 3_000), (96_000, 300_000)] as [(UInt64, UInt64)] {
      let rig = try NodeSizedRig()
      refusedAtOnce(rig)
      rig.now += delay
      refusedAtOnce(rig)
      #expect(rig.wait == wait)
    }
  }

  @Test("a confirmed join begins a new account of ghosts")
  func ghostAfterJoin() throws {
    let rig = try NodeSizedRig()
    refusedAtOnce(rig)
    rig.now += 100_000
    rig.upgrade()
    rig.server.sendPing()
    rig.pump()
    #expect(rig.state == .joined)
    rig.end(.retry)
    rig.waitForRetry()
    refusedAtOnce(rig)
    #expect(rig.wait == 3_000)
  }

  @Test("bug: a join that ended unconfirmed can leave a ghost too, and that one was not waited for")
  func ghostAfterUnconfirmedJoin() throws {
    let rig = try NodeSizedRig()
    refusedAtOnce(rig)
    rig.now += 100_000
    rig.upgrade()
    rig.now += 5_000
    rig.end(.retry)
    rig.waitForRetry()
    refusedAtOnce(rig)
    #expect(rig.state == .waitingToRetry(.identityInUse))
    #expect(rig.wait == 3_000)
  }

  @Test("connections that never got to the join header leave the account of ghosts as it is")
  func ghostAcrossFailedConnections() throws {
    let rig = try NodeSizedRig()
    refusedAtOnce(rig)
    rig.now += 90_000
    rig.start()
    rig.end(.retry)
    rig.now += 10_000
    refusedAtOnce(rig)
    #expect(rig.wait == 300_000)
  }

  @Test("a Close at the 24 s tick without a Ping before it refuses the header, for long")
  func lateRefusal() throws {
    let rig = try NodeSizedRig()
    rig.upgrade()
    rig.now += 24_000
    rig.server.sendEmptyClose()
    rig.pump()
    #expect(rig.state == .closing(.joinRefused))
    rig.end()
    #expect(rig.state == .waitingToRetry(.joinRefused))
    #expect(rig.wait == 300_000)
  }

  @Test("bug: a Close with a code was taken for the server's refusal, which is empty", arguments: [0, 24_000])
  func closeWithCode(delay: UInt64) throws {
    let rig = try NodeSizedRig()
    rig.upgrade()
    rig.now += delay
    rig.server.output += WireFrame.fromServer(8, [0x03, 0xF0])
    rig.pump()
    rig.end()
    #expect(rig.state == .waitingToRetry(.closedByServer(.policyViolation)))
    #expect(rig.wait < 501)
    let isRefusal = rig.session.end.isRefusal
    #expect(!isRefusal)
  }

  @Test("a Ping at the tick and a Close behind it: joined, then closed by the server")
  func pingThenClose() throws {
    let rig = try NodeSizedRig()
    rig.upgrade()
    rig.now += 24_000
    rig.server.sendPing()
    rig.server.sendEmptyClose()
    rig.pump()
    #expect(rig.state == .closing(.closedByServer(nil)))
    #expect(rig.joinCount == 1)
    rig.end()
    #expect(rig.state == .waitingToRetry(.closedByServer(nil)))
    #expect(rig.wait < 500)
  }

  @Test("a Close before the join header was sent says nothing about the identity")
  func closeBeforeTheHeader() throws {
    let rig = try NodeSizedRig()
    rig.connect()
    rig.write()
    rig.server.sendEmptyClose()
    rig.deliver()
    #expect(rig.state == .closing(.closedByServer(nil)))
  }

  @Test("FIN before the confirmation is an end of the stream, tried again with backoff")
  func endBeforeConfirmation() throws {
    let rig = try NodeSizedRig()
    rig.upgrade()
    rig.end()
    #expect(rig.state == .waitingToRetry(.endOfStream))
    #expect(rig.wait <= 500)
  }

  @Test("a Close after the join is answered, and the session waits for FIN")
  func closeAfterJoin() throws {
    let rig = try NodeSizedRig()
    rig.join()
    rig.server.output += WireFrame.fromServer(8, [0x03, 0xE9] + Array("bye".utf8))
    rig.pump()
    #expect(rig.state == .closing(.closedByServer(.goingAway)))
    #expect(rig.server.closes.map(\.payload) == [[0x03, 0xE9]])
    #expect(!rig.hasOutput && rig.wantsTransport)
    rig.end()
    #expect(rig.state == .waitingToRetry(.closedByServer(.goingAway)))
    #expect(!rig.wantsTransport)
  }

  @Test(
    "a failure of the transport has the kind that the driver tells",
    arguments: [
      (FailureKind.retry, 0..<501), (.ghost, 3_000..<3_001), (.permanent, 300_000..<300_001),
    ] as [(FailureKind, Range<UInt64>)])
  func transportFailure(kind: FailureKind, waits: Range<UInt64>) throws {
    for stage in 0..<4 {
      let rig = try NodeSizedRig()
      rig.start(seed: (3, 4))
      if stage > 0 { rig.connecting() }
      if stage > 1 { rig.securing() }
      if stage > 2 { rig.open() }
      rig.end(kind)
      #expect(rig.state == .waitingToRetry(.transportFailed(kind)))
      #expect(waits.contains(rig.wait))
    }
  }

  @Test("FIN where none is expected is a passing failure")
  func endWhileConnecting() throws {
    let rig = try NodeSizedRig()
    rig.start(seed: (3, 4))
    rig.end()
    #expect(rig.state == .waitingToRetry(.endOfStream))
  }
}

@Suite("Session: the upgrade refused")
struct SessionUpgradeRefusalTests {
  private static func status(_ line: String) -> (String) -> String {
    { _ in "HTTP/1.1 \(line)\r\ncontent-length: 0\r\n\r\n" }
  }

  private func rig(answer: @escaping (String) -> String) throws -> NodeSizedRig {
    let rig = try NodeSizedRig()
    rig.connect()
    rig.server.answer = answer
    rig.pump()
    return rig
  }

  @Test(
    "the status decides whether to come back soon",
    arguments: [
      (200, FailureKind.permanent), (301, .permanent), (400, .permanent), (401, .permanent), (403, .permanent),
      (404, .permanent), (426, .permanent), (429, .retry), (500, .retry), (502, .retry), (503, .retry),
    ] as [(UInt16, FailureKind)])
  func status(code: UInt16, kind: FailureKind) throws {
    let rig = try rig(answer: Self.status("\(code) Whatever"))
    #expect(rig.state == .waitingToRetry(.upgradeRefused(.unexpectedStatus(got: code))))
    #expect(SessionEnd.upgradeRefused(.unexpectedStatus(got: code)).kind == kind)
    #expect(kind == .retry ? rig.wait <= 500 : rig.wait == 300_000)
    #expect(!rig.wantsTransport)
  }

  @Test("a wrong accept value is refused")
  func wrongAccept() throws {
    let rig = try rig { right in
      right.split(separator: "\r\n", omittingEmptySubsequences: false).map { line in
        line.hasPrefix("sec-websocket-accept") ? "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" : String(line)
      }.joined(separator: "\r\n")
    }
    #expect(rig.state == .waitingToRetry(.upgradeRefused(.unexpectedValue(.accept))))
    #expect(rig.wait == 300_000)
  }

  @Test("another subprotocol is refused")
  func wrongSubprotocol() throws {
    let rig = try rig { $0.replacing("mles-websocket", with: "chat") }
    #expect(rig.state == .waitingToRetry(.upgradeRefused(.notOffered(.subprotocol))))
  }

  @Test("no subprotocol is refused")
  func noSubprotocol() throws {
    let rig = try rig { $0.replacing("sec-websocket-protocol: mles-websocket\r\n", with: "") }
    #expect(rig.state == .waitingToRetry(.upgradeRefused(.missing(.subprotocol))))
  }

  @Test("what is no HTTP is refused at the first wrong byte")
  func noHTTP() throws {
    let rig = try rig { _ in "SSH-2.0-OpenSSH_9.2\r\n" }
    guard case .waitingToRetry(.upgradeRefused) = rig.state else {
      Issue.record("\(rig.state)")
      return
    }
  }

  @Test("a head that never ends is cut off")
  func endlessHead() throws {
    let rig = try rig { _ in "HTTP/1.1 101 Switching Protocols\r\n" + String(repeating: "x: y\r\n", count: 5000) }
    #expect(rig.state == .waitingToRetry(.upgradeRefused(.headTooLarge(limitBytes: 8192))))
  }

  @Test("FIN in the middle of the answer says how far it came, and is tried again soon")
  func truncated() throws {
    let rig = try rig { _ in "HTTP/1.1 101" }
    #expect(rig.state == .upgrading)
    rig.end()
    #expect(rig.state == .waitingToRetry(.upgradeRefused(.truncated(atByte: 12))))
    #expect(rig.wait <= 500)
  }

  @Test(
    "a host or path that cannot stand in a request is told so before anything is sent",
    arguments: [
      ("", "/"), ("a b", "/"), ("host", ""), ("host", "ws"), ("host", "/a b"), ("host\r\nX: y", "/"),
    ])
  func invalidEndpoint(host: String, target: String) throws {
    let rig = try NodeSizedRig()
    rig.start()
    rig.securing()
    rig.open(host: host, target: target)
    #expect(rig.state == .waitingToRetry(.upgradeRefused(.invalidParameter)))
    #expect(rig.wait == 300_000)
  }
}
