import Bytes
import Mles
import Testing
import WebSocket

@Suite("Session: nothing traps it, nothing holds it")
struct SessionRobustnessTests {
  @Test("20,000 streams of random bytes in random pieces", arguments: 0..<4 as Range<UInt64>)
  func randomStreams(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<5_000 {
      let rig = try SessionRig<64, 320>()
      rig.pieceBytes = Int.random(in: 1...90, using: &random)
      rig.connect()
      if Bool.random(using: &random) {
        rig.pump()
      } else {
        rig.server.isMute = true
        rig.pump()
        rig.server.output = Array("HTTP/1.1 ".utf8)
      }
      var length = Int.random(in: 1...200, using: &random)
      while length > 0 {
        rig.server.output += Self.piece(&length, &random)
      }
      rig.pump()
      expectRest(rig)
    }
  }

  /// Noise, or what is nearly a frame.
  private static func piece(_ length: inout Int, _ random: inout SeededGenerator) -> [UInt8] {
    let count = Int.random(in: 0...140, using: &random)
    length -= count + 2
    switch Int.random(in: 0..<4, using: &random) {
    case 0: return random.bytes(count)
    case 1: return WireFrame.fromServer(UInt8.random(in: 0...15, using: &random), random.bytes(count))
    case 2: return WireFrame.fromServer(2, random.bytes(count), isFinal: Bool.random(using: &random))
    default: return WireFrame.fromServer(0, random.bytes(count), isFinal: Bool.random(using: &random))
    }
  }

  /// Whatever the state is: with nothing but time it gets to the next try, in few polls, each of which changes
  /// something.
  private func expectRest<let r: Int, let s: Int>(_ rig: SessionRig<r, s>) {
    var polls = 0
    while !rig.isStartDue(at: rig.now), rig.state != .stopped {
      let state = rig.state
      let deadline = rig.deadline
      guard deadline < rig.now + 300_001 else {
        Issue.record("no deadline in \(state)")
        return
      }
      rig.now = max(rig.now, deadline)
      rig.poll()
      let isProgress =
        rig.state != state || rig.deadline > deadline
        || rig.isStartDue(at: rig.now)
      polls += 1
      guard isProgress, polls < 6 else {
        Issue.record("stuck in \(state)")
        return
      }
    }
  }

  @Test("whatever is done in whatever order, time alone leads to the next try", arguments: 0..<8 as Range<UInt64>)
  func randomOperations(seed: UInt64) throws {
    var random = SeededGenerator(seed: 100 + seed)
    for _ in 0..<400 {
      let rig = try SessionRig<64, 320>()
      for _ in 0..<Int.random(in: 1...60, using: &random) { operate(rig, &random) }
      expectRest(rig)
    }
  }

  private func operate(_ rig: SessionRig<64, 320>, _ random: inout SeededGenerator) {
    switch Int.random(in: 0..<21, using: &random) {
    case 0...2: rig.upgrade()
    case 3: rig.start(seed: (random.next(), random.next()))
    case 4: rig.connecting()
    case 5: rig.securing()
    case 6: rig.open()
    case 7: rig.end(Bool.random(using: &random) ? nil : .retry)
    case 8: rig.end(.permanent)
    case 9: rig.poll()
    case 10: rig.send("reading")
    case 11: rig.write(limit: Int.random(in: 0...200, using: &random))
    case 12: rig.server.sendPing()
    case 13: rig.server.send(text: "message")
    case 14: if Int.random(in: 0..<4, using: &random) == 0 { rig.server.sendEmptyClose() }
    case 15: rig.pump()
    case 16: rig.deliver()
    case 17: rig.now += UInt64.random(in: 0...30_000, using: &random)
    case 18: rig.now = max(rig.now, min(rig.deadline, rig.now + 400_000))
    case 19: if Int.random(in: 0..<8, using: &random) == 0 { rig.leave() }
    default: if Int.random(in: 0..<4, using: &random) == 0 { rig.receive(random.bytes(5)) }
    }
  }

  @Test("a driver that wakes at deadlines only meets a silent server for a day, and neither hangs nor spins")
  func deadlineDriver() throws {
    let rig = try NodeSizedRig()
    let end = rig.now + 86_400_000
    var wakes = 0
    while rig.now < end {
      wakes += 1
      if rig.isStartDue(at: rig.now) {
        rig.connect()
        rig.server.isMute = true
      }
      rig.poll()
      rig.now = max(rig.now, rig.deadline)
      guard wakes < 20_000 else { break }
    }
    #expect(rig.attemptCount > 1_000)
    #expect(wakes < 3 * Int(rig.attemptCount) + 3)
  }

  @Test("the largest time there is does no harm")
  func endOfTime() throws {
    let rig = try NodeSizedRig(now: UInt64.max - 10)
    rig.upgrade()
    rig.server.sendEmptyClose()
    rig.pump()
    rig.end()
    rig.session.poll(nowMilliseconds: .max)
  }
}
