import Bytes
import Mles
import Testing
import WebSocket

@Suite("Session: every wait has a limit")
struct SessionTimeoutTests {
  /// Checks that nothing happens one millisecond before `limit`, and at it the session gives up for `wait`.
  private func expectTimeout<let r: Int, let s: Int>(
    _ rig: SessionRig<r, s>, _ wait: SessionWait, after limit: UInt32, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let before = rig.state
    #expect(rig.deadline == rig.now + UInt64(limit), sourceLocation: sourceLocation)
    rig.poll(after: UInt64(limit) - 1)
    #expect(rig.state == before, sourceLocation: sourceLocation)
    #expect(rig.wait == 1, sourceLocation: sourceLocation)
    rig.poll(after: 1)
    #expect(
      rig.state == .waitingToRetry(.timedOut(wait, limitMilliseconds: limit)), sourceLocation: sourceLocation)
    #expect(!rig.wantsTransport, sourceLocation: sourceLocation)
    #expect(rig.wait >= 1 && rig.wait <= 60_000, sourceLocation: sourceLocation)
  }

  @Test("name resolution: 10 s")
  func resolve() throws {
    let rig = try NodeSizedRig()
    rig.start()
    expectTimeout(rig, .resolve, after: 10_000)
  }

  @Test("TCP: 10 s")
  func connect() throws {
    let rig = try NodeSizedRig()
    rig.start()
    rig.now += 9_000
    rig.connecting()
    expectTimeout(rig, .connect, after: 10_000)
  }

  @Test("TLS: 15 s")
  func secure() throws {
    let rig = try NodeSizedRig()
    rig.start()
    rig.securing()
    expectTimeout(rig, .secure, after: 15_000)
  }

  @Test("told twice, a step does not start its limit again")
  func repeatedSteps() throws {
    let rig = try NodeSizedRig()
    rig.start()
    rig.connecting()
    rig.now += 5_000
    rig.connecting()
    #expect(rig.wait == 5_000)
    rig.securing()
    rig.now += 5_000
    rig.securing()
    rig.connecting()
    #expect(rig.state == .securing)
    #expect(rig.wait == 10_000)
  }

  @Test("upgrade: 10 s for a server that accepts and never answers")
  func upgrade() throws {
    let rig = try NodeSizedRig()
    rig.connect()
    rig.server.isMute = true
    rig.pump()
    expectTimeout(rig, .upgrade, after: 10_000)
  }

  @Test("upgrade: a byte of the answer each second does not prolong it")
  func tricklingUpgrade() throws {
    let rig = try NodeSizedRig()
    rig.connect()
    rig.server.isMute = true
    rig.pump()
    for byte in "HTTP/1.1 ".utf8 {
      rig.receive([byte])
      rig.poll(after: 1_000)
    }
    #expect(rig.state == .upgrading)
    rig.poll(after: 1_000)
    #expect(rig.state == .waitingToRetry(.timedOut(.upgrade, limitMilliseconds: 10_000)))
  }

  @Test("join confirmation: 100 s of silence")
  func joinConfirmation() throws {
    let rig = try NodeSizedRig()
    rig.upgrade()
    expectTimeout(rig, .joinConfirmation, after: 100_000)
  }

  @Test("join confirmation: parts of a frame do not prolong it")
  func tricklingJoin() throws {
    let rig = try NodeSizedRig()
    rig.upgrade()
    rig.receive([0x82, 0x7E, 0x04, 0x00])
    for _ in 0..<99 {
      rig.receive([0])
      rig.poll(after: 1_000)
    }
    #expect(rig.state == .joinUnconfirmed)
    rig.poll(after: 1_000)
    #expect(rig.state == .waitingToRetry(.timedOut(.joinConfirmation, limitMilliseconds: 100_000)))
  }

  @Test("send progress: 30 s without a byte taken, while the header is on its way")
  func sendProgressOfTheHeader() throws {
    let rig = try NodeSizedRig()
    rig.connect()
    rig.write()
    rig.deliver()
    expectTimeout(rig, .sendProgress, after: 30_000)
  }

  @Test("send progress: a part of the header taken moves the deadline at once")
  func deadlineBehindAPartOfTheHeader() throws {
    let rig = try NodeSizedRig()
    rig.connect()
    rig.write()
    rig.deliver()
    rig.now += 20_000
    rig.write(limit: 1)
    #expect(rig.session.deadlineMilliseconds == rig.now + 30_000)
  }

  @Test("send progress: each byte taken starts the 30 s again")
  func sendProgress() throws {
    let rig = try NodeSizedRig()
    rig.join()
    rig.now += 20_000
    rig.server.sendPing()
    rig.pump()
    rig.send("a reading")
    rig.now += 20_000
    rig.server.sendPing()
    rig.deliver()
    rig.write(limit: 1)
    rig.poll()
    expectTimeout(rig, .sendProgress, after: 30_000)
  }

  @Test("nothing to send is no lack of progress")
  func idleIsNoStall() throws {
    let rig = try NodeSizedRig()
    rig.join()
    for _ in 0..<4 {
      rig.now += 24_000
      rig.poll()
      rig.server.sendPing()
      rig.pump()
      #expect(rig.state == .joined)
    }
    rig.now += 59_999
    rig.send("a reading")
    rig.poll()
    #expect(rig.state == .joined)
  }

  @Test("bug: a Pong queued after 30 s without sending counted as 30 s without progress")
  func pongAfterLongSilence() throws {
    let rig = try NodeSizedRig()
    rig.join()
    rig.now += 45_000
    rig.server.sendPing()
    rig.deliver()
    #expect(rig.hasOutput)
    rig.poll()
    #expect(rig.state == .joined)
    #expect(rig.wait == 30_000)
  }

  @Test("liveness: 60 s of silence once joined")
  func liveness() throws {
    let rig = try NodeSizedRig()
    rig.join()
    rig.poll()
    expectTimeout(rig, .liveness, after: 60_000)
  }

  @Test("liveness: sending does not keep a silent server alive")
  func sendingIsNoLife() throws {
    let rig = try NodeSizedRig()
    rig.join()
    for _ in 0..<59 {
      rig.now += 1_000
      rig.send("reading")
      rig.pump()
      rig.poll()
    }
    #expect(rig.state == .joined)
    rig.poll(after: 1_000)
    #expect(rig.state == .waitingToRetry(.timedOut(.liveness, limitMilliseconds: 60_000)))
  }

  @Test("liveness: a read that brings nothing is no sign of life")
  func nothingReceived() throws {
    let rig = try NodeSizedRig()
    rig.join()
    rig.now += 30_000
    rig.receive([])
    #expect(rig.wait == 30_000)
  }

  @Test("liveness: Pings every 24 s keep a session for a day")
  func day() throws {
    let rig = try NodeSizedRig()
    rig.join()
    for _ in 0..<3_600 {
      rig.now += 24_000
      rig.poll()
      rig.server.sendPing()
      rig.pump()
    }
    #expect(rig.state == .joined)
    #expect(rig.joinCount == 1 && rig.attemptCount == 1)
    #expect(rig.server.pongs.count == 3_601)
  }

  @Test("closing: 2 s, then the reason stands as it was")
  func closing() throws {
    let rig = try NodeSizedRig()
    rig.join()
    rig.server.sendEmptyClose()
    rig.pump()
    #expect(rig.wait == 2_000)
    rig.poll(after: 1_999)
    #expect(rig.state == .closing(.closedByServer(nil)))
    rig.poll(after: 1)
    #expect(rig.state == .waitingToRetry(.closedByServer(nil)))
  }

  @Test("closing: bytes that still come do not prolong it")
  func closingUnderFlood() throws {
    let rig = try NodeSizedRig()
    rig.join()
    rig.leave()
    for _ in 0..<20 {
      rig.poll(after: 100)
      guard rig.wantsTransport else { break }
      rig.server.send(text: "more")
      rig.deliver()
    }
    #expect(rig.state == .stopped)
  }

  @Test("limits of one's own are used")
  func ownTimeouts() throws {
    var timeouts = Timeouts()
    timeouts.resolveMilliseconds = 7
    timeouts.livenessMilliseconds = 0
    let rig = try NodeSizedRig(timeouts: timeouts)
    rig.start()
    expectTimeout(rig, .resolve, after: 7)
  }

  @Test("a driver that sleeps until the deadline starts at once, and never when the session has stopped")
  func deadlinesOfRest() throws {
    let rig = try NodeSizedRig()
    #expect(rig.deadline <= rig.now)
    rig.poll()
    #expect(rig.deadline <= rig.now)
    #expect(rig.isStartDue(at: rig.now))
    rig.leave()
    #expect(rig.deadline == .max)
    #expect(!rig.isStartDue(at: .max))
  }

  @Test("the next try is due at the deadline, not before")
  func startDue() throws {
    let rig = try NodeSizedRig()
    rig.start()
    rig.end(.retry)
    let deadline = rig.deadline
    #expect(!rig.isStartDue(at: deadline - 1))
    rig.session.start(seed: (1, 2), nowMilliseconds: deadline - 1)
    #expect(rig.attemptCount == 1)
    #expect(rig.isStartDue(at: deadline))
    rig.now = deadline
    rig.poll()
    #expect(rig.isStartDue(at: deadline))
    rig.session.start(seed: (1, 2), nowMilliseconds: deadline)
    #expect(rig.state == .resolving)
    rig.session.start(seed: (1, 2), nowMilliseconds: deadline)
    #expect(rig.attemptCount == 2)
  }
}
