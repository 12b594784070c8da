import Device
import HAL
import Mles
import Testing

@Suite("Node: readings on their way to the server")
struct NodeDeliveryTests {
  private func configuration(
    every milliseconds: UInt32, limit: UInt32? = nil, overflow: OverflowPolicy = .dropOldest
  ) -> NodeConfiguration {
    var configuration = NodeConfiguration()
    configuration.intervalMilliseconds = milliseconds
    configuration.readingLimit = limit
    configuration.overflow = overflow
    return configuration
  }

  @Test("an hour of readings arrives in order, each once", arguments: [10_000, 1_000] as [UInt32])
  func hour(interval: UInt32) throws {
    let rig = try NodeRig(configuration: configuration(every: interval))
    rig.run(for: 3_600_000)
    let count = Int(3_600_000 / interval)
    #expect(rig.sequences.count >= count && rig.sequences.count <= count + 1)
    #expect(rig.sequences == Array(0..<rig.sequences.count))
    #expect(rig.relay.acceptedCount == 1)
    #expect(rig.relay.pongCount == 3_600_000 / 24_000 - 1 || rig.relay.pongCount == 3_600_000 / 24_000)
    #expect(rig.statistics.lostConnections == 0)
    rig.expectAccount()
  }

  @Test("a thousand readings a second arrive in order, each once")
  func thousandPerSecond() throws {
    let rig = try NodeRig(configuration: configuration(every: 1, limit: 5_000))
    rig.run(for: 20_000) { rig.isFinished }
    #expect(rig.isFinished)
    while rig.relay.run() {}
    #expect(rig.sequences == Array(0..<5_000))
    rig.expectAccount()
  }

  @Test("bug: a step that came late made more readings at once than the outbox holds")
  func lateStep() throws {
    let rig = try NodeRig(configuration: configuration(every: 1))
    rig.run(for: 1_000)
    try rig.join()
    for _ in 0..<20 {
      rig.time.now += 31
      rig.step()
      rig.run(for: 10)
    }
    #expect(rig.counters.droppedQueued == 0)
    #expect(rig.statistics.refused == 0)
    while rig.relay.run() {}
    #expect(rig.sequences == Array(0..<rig.sequences.count))
  }

  @Test("header and the first readings leave the board together, in the first write behind the upgrade")
  func firstFlight() throws {
    let rig = try NodeRig(configuration: configuration(every: 10_000))
    rig.run(for: 1_000) { rig.relay.headers.count == 1 }
    #expect(rig.relay.headers.first?.hasPrefix(#"{"uid":"board-1","channel":"weather","auth":""#) == true)
    #expect(rig.sequences == [0])
  }

  @Test("a socket that takes a byte at a time delays, and loses nothing", arguments: [1, 7, 100])
  func smallPieces(pieceBytes: Int) throws {
    let rig = try NodeRig(configuration: configuration(every: 1_000, limit: 30))
    rig.wire.pieceBytes = pieceBytes
    rig.run(for: 60_000) { rig.isFinished }
    while rig.relay.run() {}
    #expect(rig.sequences == Array(0..<30))
  }

  @Test("whatever happens to the connections, every reading is accounted for", arguments: 0..<6 as Range<UInt64>)
  func randomDisconnects(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let overflow: OverflowPolicy = seed % 2 == 0 ? .dropOldest : .refuseNewest
    let rig = try NodeRig(configuration: configuration(every: 500, overflow: overflow))
    for _ in 0..<60 {
      rig.relay.policy = [.history, .history, .history, .refuseAtOnce].randomElement(using: &random) ?? .history
      rig.wire.capacityBytes = [65_536, 65_536, 300, 0].randomElement(using: &random) ?? 65_536
      rig.run(for: UInt64.random(in: 0...40_000, using: &random))
      switch Int.random(in: 0..<6, using: &random) {
      case 0: rig.dropSilently()
      case 1: rig.reset()
      case 2: rig.relay.end()
      case 3: rig.board.link = rig.board.link == .up ? .down : .up
      case 4: rig.relay.isReading.toggle()
      default: break
      }
      rig.expectAccount()
    }
    rig.relay.policy = .history
    rig.relay.isReading = true
    rig.wire.capacityBytes = 65_536
    rig.board.link = .up
    rig.run(for: 400_000)
    #expect(rig.state == .joined)
    rig.expectAccount()
    // Each once and in order; what is missing was dropped or refused, and counted.
    let sequences = rig.sequences
    #expect(sequences == sequences.sorted())
    #expect(Set(sequences).count == sequences.count)
    if overflow == .refuseNewest { #expect(rig.counters.droppedQueued + rig.counters.droppedUnconfirmed == 0) }
    let missing = Int(rig.statistics.published + rig.statistics.refused) - sequences.count
    let counted =
      rig.counters.droppedQueued + rig.counters.droppedUnconfirmed + UInt64(rig.statistics.refused)
      + UInt64(rig.keptCount)
    #expect(missing <= Int(counted))
  }

  @Test("the TLS session is resumed when the board reconnects")
  func resumption() throws {
    let rig = try NodeRig(configuration: configuration(every: 1_000))
    try rig.join()
    rig.run(for: 5_000)
    #expect(rig.relay.tlsResumed == [false])
    for _ in 0..<3 {
      rig.relay.end()
      rig.run(for: 5_000)
    }
    #expect(rig.relay.tlsResumed == [false, true, true, true])
    #expect(rig.node.client.handshakeCount == 4)
    #expect(rig.node.client.resumedCount == 3)
    #expect(rig.board.lines.contains { $0.hasSuffix("(resumed)") })
  }

  @Test("the reading's time is the board's")
  func wallTime() throws {
    let rig = try NodeRig(configuration: configuration(every: 1_000))
    try rig.join()
    rig.run(for: 3_000)
    let start = try #require(rig.time.wallAtStart)
    #expect(rig.relay.allMessages.first?.contains("\"time\":\(start + 5_000),") == true)
    #expect(rig.relay.allMessages.dropFirst().first?.contains("\"time\":\(start + 6_000),") == true)
  }

  @Test("finished means made and known to have arrived: the node leaves, and the server's FIN tells")
  func finished() throws {
    let rig = try NodeRig(configuration: configuration(every: 1_000, limit: 3))
    rig.relay.policy = .silent
    rig.run(for: 10_000)
    #expect(rig.statistics.published == 3)
    #expect(!rig.isFinished)
    rig.run(for: 20_000)
    #expect(rig.isFinished)
    #expect(rig.state == .stopped)
    #expect(rig.relay.closesReceived == 1)
    #expect(rig.sequences == [0, 1, 2])
  }

  @Test("leaving closes with a Close and no reconnect follows")
  func leaving() throws {
    let rig = try NodeRig(configuration: configuration(every: 1_000))
    try rig.join()
    rig.node.leave()
    rig.step()
    rig.run(for: 5_000)
    #expect(rig.state == .stopped)
    #expect(rig.relay.closesReceived == 1)
    rig.run(for: 1_000_000)
    #expect(rig.relay.acceptedCount == 1)
    #expect(rig.board.lines.last == "left the channel")
  }

  @Test("leaving works while the server is silent, the link is down, or nothing was tried yet", arguments: 0..<3)
  func leavingElsewhere(situation: Int) throws {
    let rig = try NodeRig(configuration: configuration(every: 1_000))
    if situation == 0 {
      try rig.join()
      rig.dropSilently()
    } else if situation == 1 {
      rig.board.link = .down
      rig.run(for: 5_000)
    }
    rig.node.leave()
    rig.step()
    rig.run(for: 2_100)
    #expect(rig.state == .stopped)
  }
}
