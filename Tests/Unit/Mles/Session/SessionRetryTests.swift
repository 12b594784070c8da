import Mles
import Testing

@Suite("Session: backoff between connections")
struct SessionRetryTests {
  @Test("waits grow to the cap while nothing works")
  func growth() throws {
    let rig = try NodeSizedRig()
    var longest: UInt64 = 0
    var ceiling: UInt64 = 500
    for _ in 0..<200 {
      rig.start(seed: (rig.now, 77))
      rig.end(.retry)
      #expect(rig.wait >= 100 && rig.wait <= ceiling)
      ceiling = min(ceiling * 2, 60_000)
      longest = max(longest, rig.wait)
      rig.waitForRetry()
    }
    #expect(longest > 50_000)
    #expect(rig.attemptCount == 200)
  }

  /// Fails so often that the upper bound is the cap, then joins for `joined` milliseconds.
  private func rigAfterJoin(of joined: UInt64) throws -> NodeSizedRig {
    let rig = try NodeSizedRig()
    for _ in 0..<10 {
      rig.start(seed: (rig.now, 5))
      rig.end(.retry)
      rig.waitForRetry()
    }
    rig.upgrade()
    rig.server.sendPing()
    rig.pump()
    rig.now += joined
    rig.end(.retry)
    return rig
  }

  @Test("30 s of a joined session set the backoff back, 1 ms less does not")
  func stable() throws {
    #expect(try rigAfterJoin(of: 30_000).wait <= 500)
    var waits: [UInt64] = []
    for extra in 0..<20 as Range<UInt64> { waits.append(try rigAfterJoin(of: 29_999 - extra).wait) }
    #expect(waits.contains { $0 > 500 })
  }

  @Test("connections that join and are closed at once are not made at full speed")
  func flapping() throws {
    let rig = try NodeSizedRig()
    let start = rig.now
    for _ in 0..<100 {
      rig.upgrade()
      rig.server.send(text: "history")
      rig.server.sendEmptyClose()
      rig.pump()
      rig.end()
      rig.waitForRetry()
    }
    #expect(rig.joinCount == 100)
    #expect(rig.now - start > 20 * 60_000)
  }

  @Test("the jitter differs from seed to seed")
  func jitter() throws {
    var waits: Set<UInt64> = []
    for seed in 0..<50 as Range<UInt64> {
      let rig = try NodeSizedRig()
      rig.start(seed: (seed, 1))
      rig.end(.retry)
      waits.insert(rig.wait)
    }
    #expect(waits.count > 25)
  }
}

@Suite("Session: leaving")
struct SessionLeaveTests {
  @Test("a joined session closes with 1000, waits for FIN, and never starts again")
  func joined() throws {
    let rig = try NodeSizedRig()
    rig.join()
    rig.send("last words")
    rig.leave()
    #expect(rig.state == .closing(.left))
    #expect(!rig.send("more"))
    rig.pump()
    #expect(rig.server.messages == ["last words"])
    #expect(rig.server.closes.map(\.payload) == [[0x03, 0xE8]])
    rig.end()
    #expect(rig.state == .stopped)
    #expect(!rig.isStartDue(at: .max))
    #expect(!rig.wantsTransport)
  }

  @Test("the Close is sent though the buffer was full")
  func closeBehindFullBuffer() throws {
    let rig = try NodeSizedRig()
    rig.join()
    while rig.send("0123456789") {}
    let queued = rig.session.output.count
    rig.leave()
    rig.write(limit: queued)
    rig.pump()
    #expect(rig.server.closes.count == 1)
    #expect(!rig.hasOutput)
  }

  @Test("without an answer it is over after 2 s")
  func noAnswer() throws {
    let rig = try NodeSizedRig()
    rig.join()
    rig.leave()
    #expect(rig.wait == 2_000)
    rig.poll(after: 1_999)
    #expect(rig.state == .closing(.left))
    rig.poll(after: 1)
    #expect(rig.state == .stopped)
  }

  @Test("a Close of the server in answer does not turn leaving into a retry")
  func answered() throws {
    let rig = try NodeSizedRig()
    rig.join()
    rig.leave()
    rig.pump()
    rig.server.output += WireFrame.fromServer(8, [0x03, 0xE8])
    rig.pump()
    #expect(rig.state == .closing(.left))
    rig.end(.retry)
    #expect(rig.state == .stopped)
  }

  @Test("bug: a protocol error while leaving made the session come back")
  func protocolErrorWhileLeaving() throws {
    let rig = try NodeSizedRig()
    rig.join()
    rig.leave()
    rig.pump()
    rig.receive([0xFF, 0xFF])
    #expect(rig.state == .closing(.left))
    rig.end()
    #expect(rig.state == .stopped)
  }

  @Test("bug: leaving again and again kept the session closing for ever")
  func leavingTwice() throws {
    let rig = try NodeSizedRig()
    rig.join()
    for _ in 0..<21 {
      rig.leave()
      rig.poll(after: 100)
    }
    #expect(rig.state == .stopped)
  }

  @Test("leaving works in every state", arguments: 0..<9)
  func everyState(step: Int) throws {
    let rig = try NodeSizedRig()
    switch step {
    case 0: break
    case 1: rig.start()
    case 2:
      rig.start()
      rig.connecting()
    case 3:
      rig.start()
      rig.securing()
    case 4: rig.connect()
    case 5:
      rig.connect()
      rig.write()
      rig.deliver()
    case 6: rig.upgrade()
    case 7:
      rig.join()
      rig.receive([0xFF, 0xFF])
    default:
      rig.start()
      rig.end(.permanent)
    }
    rig.leave()
    if rig.state != .stopped {
      #expect(rig.state == .closing(.left))
      rig.poll(after: 2_000)
    }
    #expect(rig.state == .stopped)
    rig.leave()
    rig.end(.retry)
    rig.receive([0x88, 0x00])
    #expect(rig.state == .stopped)
  }
}
