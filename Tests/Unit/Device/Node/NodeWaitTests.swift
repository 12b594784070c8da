import Device
import HAL
import Mles
import Testing

@Suite("Node: when it is to be called again")
struct NodeWaitTests {
  private static let hour: UInt64 = 3_600_000

  private func configuration(every milliseconds: UInt32, limit: UInt32? = nil) -> NodeConfiguration {
    var configuration = NodeConfiguration()
    configuration.intervalMilliseconds = milliseconds
    configuration.readingLimit = limit
    return configuration
  }

  /// The steps in an hour of `rig`, from now on; a burst is a run of steps at one moment.
  private func stepsPerHour(_ rig: NodeRig) -> Int {
    let before = rig.steps
    rig.run(for: Self.hour)
    return rig.steps - before
  }

  @Test("joined, with a reading every 10 s: a few steps per reading and Ping")
  func joined() throws {
    let rig = try NodeRig()
    rig.sensor.durationMilliseconds = 16
    try rig.join()
    #expect(stepsPerHour(rig) < 4 * 360 + 4 * 150)
  }

  @Test("without a link: a look at it now and then, and what the sensor needs")
  func noLink() throws {
    let rig = try NodeRig()
    rig.sensor.durationMilliseconds = 16
    rig.board.link = .down
    #expect(stepsPerHour(rig) < Int(Self.hour) / Int(Timeouts().linkPollMilliseconds) + 4 * 360)
    #expect(rig.longestBurst < 5)
    #expect(rig.relay.acceptedCount == 0)
    #expect(rig.statistics.published > 350)
  }

  @Test("bug: without a link the node span while the sensor measured")
  func noLinkWhileMeasuring() throws {
    let rig = try NodeRig(configuration: configuration(every: 1_000))
    rig.sensor.durationMilliseconds = 16
    rig.board.link = .down
    rig.run(for: 10_000)
    #expect(rig.longestBurst < 5)
    #expect(rig.steps < 100)
  }

  @Test("without the time: the same")
  func noTime() throws {
    let rig = try NodeRig()
    rig.sensor.durationMilliseconds = 16
    rig.time.wallAtStart = nil
    #expect(stepsPerHour(rig) < Int(Self.hour) / Int(Timeouts().linkPollMilliseconds) + 4 * 360)
    #expect(rig.relay.acceptedCount == 0)
  }

  @Test("with a sensor that always fails: one try per reading", arguments: [10, 1_000] as [UInt32])
  func failingSensor(interval: UInt32) throws {
    let rig = try NodeRig(configuration: configuration(every: interval))
    rig.sensor.error = .busStuck
    try rig.join()
    let before = (rig.steps, rig.sensor.begins)
    rig.run(for: 60_000)
    let readings = Int(60_000 / interval)
    #expect(rig.steps - before.0 < 3 * readings + 100)
    #expect(rig.sensor.begins - before.1 <= readings + 1)
    #expect(rig.longestBurst < 20)
  }

  @Test("with a sensor that forgets what it was asked: one try per reading, and no standstill")
  func forgetfulSensor() throws {
    let rig = try NodeRig(configuration: configuration(every: 1_000))
    rig.sensor.isForgetful = true
    try rig.join()
    rig.run(for: 60_000)
    #expect(rig.steps < 400)
    rig.sensor.isForgetful = false
    rig.run(for: 10_000)
    #expect(rig.sequences.count >= 9)
  }

  @Test("with a server that accepts and never says a word")
  func muteServer() throws {
    let rig = try NodeRig()
    rig.relay.policy = .mute
    #expect(stepsPerHour(rig) < 4_000)
    #expect(rig.longestBurst < 20)
    #expect(rig.relay.acceptedCount > 60)
  }

  @Test("with a server that refuses at once")
  func refusingServer() throws {
    let rig = try NodeRig()
    rig.relay.policy = .refuseAtOnce
    #expect(stepsPerHour(rig) < 2_000)
    #expect(rig.relay.acceptedCount > 32 && rig.relay.acceptedCount < 52)
  }

  @Test("with nothing listening there")
  func refusedConnections() throws {
    let rig = try NodeRig()
    rig.wire.statusError = .refused
    #expect(stepsPerHour(rig) < 4_000)
    #expect(rig.wire.opens.count > 60 && rig.wire.opens.count < 400)
  }

  @Test("with a name that is not resolved")
  func unresolved() throws {
    let rig = try NodeRig()
    rig.wire.resolveMilliseconds = 100_000_000
    #expect(stepsPerHour(rig) < 4_000)
    #expect(rig.wire.opens.count > 60)
  }

  @Test("finished and joined: only Pings wake it")
  func finished() throws {
    let rig = try NodeRig(configuration: configuration(every: 1_000, limit: 2))
    rig.run(for: 30_000)
    #expect(rig.isFinished)
    #expect(stepsPerHour(rig) < 600)
  }

  @Test("stopped and finished: never again")
  func stopped() throws {
    let rig = try NodeRig(configuration: configuration(every: 1_000, limit: 2))
    rig.run(for: 30_000)
    rig.node.leave()
    rig.step()
    rig.run(for: 5_000)
    #expect(rig.state == .stopped)
    #expect(rig.wait == NodeWait(deadlineMilliseconds: .max))
  }

  @Test("stopped publishing: readings on their way still go out, no more are made")
  func stoppedPublishing() throws {
    let rig = try NodeRig(configuration: configuration(every: 1_000))
    rig.sensor.durationMilliseconds = 16
    rig.run(for: 5_010)
    rig.node.stopPublishing()
    rig.step()
    let published = rig.statistics.published
    rig.run(for: 60_000)
    #expect(rig.statistics.published == published)
    #expect(rig.isFinished)
    #expect(rig.steps < 200)
  }

  @Test("late by a minute, it makes up for what it can and does not spin")
  func late() throws {
    let rig = try NodeRig(configuration: configuration(every: 1_000))
    try rig.join()
    rig.time.now += 59_000
    let before = rig.steps
    rig.run(for: 1_000)
    #expect(rig.steps - before < 50)
    #expect(rig.state == .joined)
  }

  @Test("bug: a driver that came late gave up a connection in which the server's Pings lay waiting")
  func pingsThatWaited() throws {
    let rig = try NodeRig()
    try rig.join()
    rig.run(for: 1_000)
    for _ in 0..<4 {
      rig.time.now += 24_000
      while rig.relay.run() {}
    }
    rig.run(for: 100)
    #expect(rig.state == .joined)
    #expect(rig.relay.acceptedCount == 1)
  }

  @Test("the link comes back: the next try at the next look at it")
  func linkReturns() throws {
    let rig = try NodeRig()
    try rig.join()
    rig.setLink(.down)
    rig.run(for: 120_000)
    #expect(rig.relay.acceptedCount == 1)
    rig.setLink(.up)
    rig.run(for: UInt64(Timeouts().linkPollMilliseconds)) { rig.wire.opens.count == 2 }
    #expect(rig.wire.opens.count == 2)
    rig.run(for: 1_000)
    #expect(rig.state == .joined)
    #expect(rig.sequences == rig.sequences.sorted())
    #expect(rig.sequences.last.map { $0 >= 12 } == true)
  }
}
