import Device
import HAL
import Mles
import Testing

@Suite("Node: what a server can pour over it")
struct NodeFloodTests {
  private func joined(every milliseconds: UInt32 = 1_000) throws -> NodeRig {
    var configuration = NodeConfiguration()
    configuration.intervalMilliseconds = milliseconds
    let rig = try NodeRig(configuration: configuration)
    try rig.join()
    return rig
  }

  private func frame(_ opcode: UInt8, bytes count: Int) -> [UInt8] {
    var head: [UInt8] = [0x80 | opcode]
    switch count {
    case 0..<126: head.append(UInt8(count))
    case 126..<65_536: head += [126, UInt8(count >> 8), UInt8(count & 0xFF)]
    default: head += [127] + (0..<8).map { UInt8(truncatingIfNeeded: count >> (56 - 8 * $0)) }
    }
    return head + (0..<count).map { UInt8(truncatingIfNeeded: $0 % 251) }
  }

  @Test(
    "bug: a message above 1 KiB, in whose middle the board's buffer ended, trapped",
    arguments: [1_023, 1_024, 1_025, 1_030, 1_500, 1_540, 2_048, 4_000, 70_000])
  func largeMessages(byteCount: Int) throws {
    let rig = try joined()
    rig.relay.send(raw: frame(2, bytes: byteCount) + frame(1, bytes: 0))
    rig.run(for: 2_000)
    #expect(rig.state == .joined)
    #expect(rig.relay.acceptedCount == 1)
  }

  @Test("large messages in pieces of every size", arguments: [1, 13, 100, 517])
  func largeMessagesInPieces(pieceBytes: Int) throws {
    let rig = try joined()
    rig.wire.pieceBytes = pieceBytes
    for _ in 0..<5 { rig.relay.send(raw: frame(2, bytes: 2_900) + frame(9, bytes: 125)) }
    rig.run(for: 5_000)
    #expect(rig.state == .joined)
    #expect(rig.relay.pongCount >= 1)
  }

  @Test("bug: Pings and parts of messages were counted as messages received")
  func received() throws {
    let rig = try joined()
    #expect(rig.statistics.received == 1)
    rig.relay.send(raw: frame(2, bytes: 5_000) + frame(9, bytes: 0) + frame(2, bytes: 10))
    rig.run(for: 2_000)
    #expect(rig.statistics.received == 3)
  }

  @Test("a flood of messages holds no step for long, and readings go on being made and sent")
  func flood() throws {
    let rig = try joined(every: 10)
    let before = rig.sequences.count
    for _ in 0..<500 {
      // 400 messages, before each of the board's readings.
      rig.relay.send(raw: (0..<400).flatMap { _ in frame(2, bytes: 2) })
      while rig.relay.run() {}
      rig.run(for: 10)
    }
    #expect(rig.statistics.received > 190_000)
    #expect(rig.sequences.count - before > 490)
    #expect(rig.statistics.missed == 0)
  }

  @Test("one step handles a limited number of events, and says that there is more")
  func eventsPerStep() throws {
    let rig = try joined()
    rig.relay.send(raw: (0..<1_000).flatMap { _ in frame(2, bytes: 1) })
    while rig.relay.run() {}
    let before = rig.statistics.received
    rig.step()
    #expect(rig.statistics.received - before <= 32)
    #expect(rig.wait.deadlineMilliseconds <= rig.time.now)
    rig.run(for: 100)
    #expect(rig.statistics.received - before == 1_000)
  }

  @Test("a flood of Pongs, which are no events, does not hold a step either")
  func pongFlood() throws {
    let rig = try joined()
    rig.relay.send(raw: (0..<50_000).flatMap { _ in frame(10, bytes: 3) })
    while rig.relay.run() {}
    let waiting = rig.wire.toClient.count
    rig.step()
    #expect(rig.wire.toClient.count > waiting / 2)
    #expect(rig.wait.deadlineMilliseconds <= rig.time.now)
    rig.run(for: 1_000)
    #expect(rig.wire.toClient.isEmpty)
    #expect(rig.state == .joined)
  }

  @Test("bug: when the link went down in a flood, the node span until the next connection")
  func linkDownInFlood() throws {
    let rig = try joined()
    rig.relay.send(raw: (0..<50_000).flatMap { _ in frame(10, bytes: 3) })
    while rig.relay.run() {}
    rig.step()
    #expect(rig.wait.deadlineMilliseconds <= rig.time.now)
    rig.setLink(.down)
    let before = rig.steps
    rig.run(for: 10_000)
    #expect(rig.longestBurst < 20)
    #expect(rig.steps - before < 100)
  }

  @Test("bug: bytes that TLS had taken from the socket waited there for the next ones to arrive")
  func bytesHeldByTLS() throws {
    let rig = try joined(every: 1_000_000)
    rig.run(for: 1_000)
    for count in 20...50 {
      let before = rig.statistics.received
      rig.wire.smallReadCount = count
      rig.relay.send(raw: frame(2, bytes: 100))
      rig.run(for: 100)
      #expect(rig.statistics.received == before + 1)
    }
  }

  @Test("a protocol error of the server is told in the log, and another connection made")
  func protocolError() throws {
    let rig = try joined()
    rig.relay.send(raw: [0xC1, 0x00])
    rig.run(for: 5_000)
    #expect(rig.board.lines.contains { $0.hasPrefix("the server broke the WebSocket protocol: ") })
    #expect(rig.relay.acceptedCount == 2)
    #expect(rig.state == .joined)
  }

  @Test("noise inside TLS, and instead of TLS, never stops the node", arguments: 0..<10 as Range<UInt64>)
  func noise(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let rig = try joined()
    for _ in 0..<30 {
      let noise = (0..<Int.random(in: 1...300, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      if Bool.random(using: &random) {
        rig.relay.send(raw: noise)
      } else {
        rig.wire.toClient += noise
      }
      rig.run(for: UInt64.random(in: 1...5_000, using: &random))
      rig.expectAccount()
    }
    rig.run(for: 310_000)
    #expect(rig.state == .joined)
  }
}
