import Device
import HAL
import Mles
import Testing

@Suite("Node: each reading once, whatever becomes of the connection")
struct NodeOnceTests {
  private func rig(
    every milliseconds: UInt32, limit: UInt32? = nil, overflow: OverflowPolicy = .dropOldest
  ) throws -> NodeRig {
    var configuration = NodeConfiguration()
    configuration.intervalMilliseconds = milliseconds
    configuration.readingLimit = limit
    configuration.overflow = overflow
    return try NodeRig(configuration: configuration)
  }

  @Test("readings that went into a link that had died silently are sent again, the others are not")
  func silentDeath() throws {
    let rig = try rig(every: 10_000)
    try rig.join()
    rig.run(for: 31_000)
    let delivered = rig.sequences.count
    rig.dropSilently()
    rig.run(for: 70_000) { rig.state != .joined }
    #expect(rig.sequences.count == delivered)
    rig.run(for: 60_000)
    #expect(rig.relay.acceptedCount == 2)
    rig.expectDeliveredOnce()
    #expect(rig.counters.resent == 5, "those of 40, 50, 60, 70 and 80 s, which went into the dead link")
  }

  @Test("after a rejoin nothing is sent before the server's first Ping, unless all in doubt is in the replay")
  func waitsForTheEndOfTheReplay() throws {
    let rig = try rig(every: 10_000)
    try rig.join()
    rig.run(for: 31_000)
    rig.dropSilently()
    rig.run(for: 75_000) { rig.relay.acceptedCount == 2 && rig.state == .joined }
    let rejoined = rig.time.now
    rig.run(for: 23_000)
    #expect(rig.relay.messages[1].isEmpty)
    rig.run(until: rejoined + 24_500)
    #expect(rig.relay.messages[1].count > 6)
    rig.expectDeliveredOnce()
  }

  @Test("when the replay holds all that is in doubt, the new readings follow at once")
  func allRecognized() throws {
    let rig = try rig(every: 10_000)
    try rig.join()
    rig.run(for: 31_000)
    rig.relay.end()
    rig.run(for: 12_000)
    #expect(rig.state == .joined)
    #expect(!rig.relay.messages[1].isEmpty)
    #expect(rig.counters.resent == 0)
    rig.expectDeliveredOnce()
  }

  @Test("a Ping of another member, sent or replayed, is not the end of the replay")
  func foreignPing() throws {
    let rig = try rig(every: 10_000)
    try rig.join()
    rig.run(for: 31_000)
    rig.relay.stored = []
    rig.relay.end()
    rig.run(for: 5_000) { rig.relay.acceptedCount == 2 && rig.state == .joined }
    rig.relay.send(raw: [0x89, 0x00])
    rig.run(for: 10_000)
    #expect(rig.relay.messages[1].isEmpty)
  }

  @Test("bug: a stored Ping with a payload, in a replay that came late, made what was behind it go twice")
  func lateForeignPing() throws {
    let rig = try rig(every: 10_000)
    try rig.join()
    rig.run(for: 31_000)
    let stored = rig.relay.stored
    rig.relay.stored = []
    rig.relay.end()
    rig.run(for: 5_000) { rig.relay.acceptedCount == 2 && rig.state == .joined }
    rig.run(for: 21_000)
    rig.relay.send(raw: [0x89, 0x01, 0x21])
    for message in stored { rig.relay.send(text: message) }
    rig.run(for: 60_000)
    #expect(rig.counters.resent == 0)
    rig.expectDeliveredOnce()
  }

  @Test("bug: readings that TLS still held counted as read when the server's end came behind the leaving")
  func leftWithUnsentBytes() throws {
    let rig = try rig(every: 1_000, limit: 5)
    try rig.join()
    rig.run(for: 10_000) { rig.statistics.published == 4 }
    rig.run(for: 100)
    rig.wire.capacityBytes = 0
    rig.run(for: 2_000)
    #expect(rig.statistics.published == 5)
    rig.wire.serverHasEnded = true
    rig.run(for: 100)
    #expect(rig.counters.confirmed < 5)
    rig.wire.capacityBytes = 65_536
    rig.run(for: 120_000) { rig.isFinished }
    rig.expectDeliveredOnce()
    #expect(rig.sequences.count == 5)
  }

  @Test("a server that has lost its history gets what is in doubt again, in order")
  func lostHistory() throws {
    let rig = try rig(every: 10_000)
    try rig.join()
    rig.run(for: 31_000)
    let before = rig.sequences
    rig.relay.stored = []
    rig.relay.end()
    rig.run(for: 30_000)
    let again = rig.relay.messages[1].compactMap(NodeRig.sequence)
    #expect(again.starts(with: before))
    #expect(again == Array(0..<again.count))
  }

  @Test("a replay that is cut short decides nothing; the next one does", arguments: [0, 1, 2, 3])
  func cutReplay(seen: Int) throws {
    let rig = try rig(every: 10_000)
    try rig.join()
    rig.run(for: 31_000)
    let stored = rig.relay.stored
    rig.relay.stored = Array(stored.prefix(seen))
    rig.relay.end()
    rig.run(for: 5_000) { rig.relay.acceptedCount == 2 && rig.state == .joined }
    rig.relay.stored = stored
    rig.relay.end()
    rig.run(for: 40_000)
    #expect(rig.relay.acceptedCount == 3)
    rig.expectDeliveredOnce()
    #expect(rig.counters.resent == 0)
  }

  @Test("what was sent to a server that refused the join is sent again without delay", arguments: [true, false])
  func refusedJoin(atOnce: Bool) throws {
    let rig = try rig(every: 10_000)
    rig.relay.policy = atOnce ? .refuseAtOnce : .refuseAtTick
    rig.run(for: 30_000)
    rig.relay.policy = .history
    rig.run(for: 310_000) { rig.state == .joined }
    rig.run(for: 1_000)
    #expect(rig.counters.resent == 0)
    rig.expectAccount()
    let sequences = rig.sequences
    #expect(sequences.first == Int(rig.counters.droppedQueued))
    #expect(sequences.last == Int(rig.statistics.published) - 1)
  }

  @Test("on a living connection a reading is confirmed after two minutes, and not earlier")
  func confirmedByTime() throws {
    let rig = try rig(every: 10_000)
    try rig.join()
    rig.run(for: 119_000)
    #expect(rig.counters.confirmed == 0)
    rig.run(for: 3_600_000)
    #expect(rig.keptCount >= 12 && rig.keptCount <= 15, "those of the last 120 to 144 s")
    rig.expectAccount()
    #expect(rig.counters.droppedUnconfirmed == 0)
  }

  @Test("readings pushed out by newer ones count as arrived as soon as a later one is known to have")
  func releasedAndProven() throws {
    let rig = try rig(every: 1_000, limit: 60)
    try rig.join()
    rig.run(for: 55_000)
    #expect(rig.counters.droppedUnconfirmed > 20)
    rig.run(for: 10_000)
    #expect(rig.isFinished)
    #expect(rig.counters.droppedUnconfirmed == 0)
    #expect(rig.counters.confirmed == 60)
  }

  @Test("readings pushed out before the link died are proven by the replay of a later one")
  func releasedAndReplayed() throws {
    let rig = try rig(every: 1_000)
    try rig.join()
    rig.run(for: 50_000)
    rig.relay.end()
    rig.run(for: 5_000)
    #expect(rig.counters.droppedUnconfirmed == 0)
    rig.expectDeliveredOnce()
  }

  @Test("a connection that is cut while the node leaves: it comes back, looks, and sends what is missing")
  func cutWhileLeaving() throws {
    let rig = try rig(every: 1_000, limit: 5)
    try rig.join()
    rig.run(for: 3_500)
    rig.dropSilently()
    rig.run(for: 5_000)
    #expect(!rig.isFinished)
    rig.run(for: 60_000) { rig.isFinished }
    #expect(rig.isFinished)
    #expect(rig.sequences == [0, 1, 2, 3, 4])
    #expect(rig.relay.closesReceived >= 1)
  }

  @Test("a server's own Close that crosses the node's proves nothing")
  func crossingClose() throws {
    let rig = try rig(every: 1_000, limit: 3)
    try rig.join()
    rig.relay.isReading = false
    rig.run(for: 2_500) { rig.state == .closing(.left) }
    #expect(rig.state == .closing(.left))
    rig.relay.send(raw: [0x88, 0x00])
    rig.relay.end()
    rig.run(for: 10)
    #expect(rig.keptCount > 0)
    rig.relay.isReading = true
    rig.run(for: 60_000) { rig.isFinished }
    #expect(rig.isFinished)
    #expect(Set(rig.sequences) == [0, 1, 2])
  }

  @Test("nothing is lost of what waited in the session, in TLS and in the socket when the connection was cut")
  func cutWithFullBuffers() throws {
    let rig = try rig(every: 1_000, overflow: .refuseNewest)
    try rig.join()
    rig.run(for: 3_000)
    rig.relay.isReading = false
    rig.wire.capacityBytes = rig.wire.toServer.count
    rig.run(for: 6_000)
    rig.reset()
    rig.relay.isReading = true
    rig.wire.capacityBytes = 65_536
    rig.run(for: 30_000)
    #expect(rig.relay.acceptedCount == 2)
    #expect(rig.sequences == Array(0..<rig.sequences.count))
    #expect(rig.sequences.count > 12)
    rig.expectAccount()
  }

  @Test("a node told to leave does so, whatever is in doubt")
  func leavesInDoubt() throws {
    let rig = try rig(every: 1_000)
    try rig.join()
    rig.run(for: 3_000)
    rig.dropSilently()
    rig.node.stopPublishing()
    rig.node.leave()
    rig.step()
    rig.run(for: 600_000)
    #expect(rig.state == .stopped)
    #expect(rig.keptCount > 0)
  }

  @Test("bug: in a network that cut every connection within 20 s, readings in doubt waited for ever")
  func shortLives() throws {
    let rig = try rig(every: 10_000)
    try rig.join()
    rig.run(for: 5_000)
    rig.dropSilently()
    rig.run(for: 90_000) { rig.relay.acceptedCount == 2 && rig.state == .joined }
    let before = rig.sequences.count
    for _ in 0..<8 {
      rig.run(for: 15_000)
      rig.reset()
      rig.run(for: 5_000) { rig.state == .joined }
    }
    #expect(rig.sequences.count > before + 12)
    let sequences = Set(rig.sequences).sorted()
    #expect(sequences == Array(0..<sequences.count))
    rig.expectAccount()
  }
}
