import Bytes
import Device
import HAL
import Mles
import TLS

/// A simulated board with the firmware's own node in it: sensor, outbox, session, WebSocket. What runs is the code of the
/// boards, over a simulated socket, clock, store and bus.
final class VirtualNode: NetworkClient {
  typealias Program = Node<VirtualSocket, PassThrough, VirtualSensor, VirtualSystem>

  /// The memory of the board, gone with its power.
  private final class Memory {
    var program: Program

    init(_ program: consuming Program) { self.program = program }
  }

  /// Calls in one virtual second at most, a whole history received included.
  static let callsPerSecondMax = 4_000

  let index: Int
  let uid: String
  let channel: String
  let port: ClientPort
  let hardware: NodeHardware
  private let identity: ChannelIdentity
  private let endpoint: Endpoint
  let intervalMilliseconds: UInt32
  private let hasSimpleSensor: Bool
  private(set) var isPowered = false
  /// Until then the processor is busy with something else.
  private(set) var busyUntilMilliseconds: UInt64 = 0
  private var memory: Memory?
  private var wait = NodeWait(deadlineMilliseconds: 0)
  /// When the earliest event comes that calls this node.
  private var timerMilliseconds = UInt64.max
  private var secondOfCalls: UInt64 = 0
  private var callCount = 0
  private var shownPhase = SessionPhase.idle

  private var world: World { hardware.world }

  init(
    index: Int, channel: String, key: Secret?, port: ClientPort, hardware: NodeHardware, intervalMilliseconds: UInt32,
    hasSimpleSensor: Bool
  ) throws {
    self.index = index
    uid = ReadingText.uidPrefix + String(index)
    self.channel = channel
    self.port = port
    self.hardware = hardware
    self.intervalMilliseconds = intervalMilliseconds
    self.hasSimpleSensor = hasSimpleSensor
    identity = try ChannelIdentity(uid: uid, channel: channel, key: key)
    endpoint = try SimulatedEndpoint.make()
  }

  // MARK: Power

  func powerOn() {
    guard !isPowered else { return }
    isPowered = true
    busyUntilMilliseconds = 0
    hardware.bootMilliseconds = world.now
    shownPhase = .idle
    var configuration = NodeConfiguration()
    configuration.intervalMilliseconds = intervalMilliseconds
    configuration.isSimulated = true
    guard let trust = try? TLSConfiguration.client() else {
      return world.checkers.violate("no memory for a TLS configuration", index)
    }
    let network = world.network
    let (endpoint, identity, port) = (endpoint, identity, port)
    let memory = Memory(
      Program(
        client: NodeClient<VirtualSocket, PassThrough>(
          endpoint: endpoint, session: NodeSession(identity: identity),
          socket: VirtualSocket(port: port, network: network), configuration: trust.shared()),
        sensor: VirtualSensor(hardware: hardware, isSimple: hasSimpleSensor), system: VirtualSystem(hardware: hardware),
        configuration: configuration))
    self.memory = memory
    world.note(.boot, index, Int(memory.program.bootCount))
    world.checkers.booted(index, bootCount: memory.program.bootCount)
    if world.isEnding { memory.program.stopPublishing() }
    call()
  }

  func powerOff(milliseconds: UInt64) {
    guard isPowered else { return }
    let (oldest, count) = outboxFront
    world.note(.powerOff, index, count, Int(milliseconds))
    world.checkers.poweredOff(index, oldest: oldest, count: count)
    isPowered = false
    wait = NodeWait(deadlineMilliseconds: .max)
    world.network.forget(port)
    memory = nil
    world.events.insert(.powerOn, at: world.now + milliseconds, target: index)
  }

  /// The number of the oldest reading in the outbox, and how many there are.
  private var outboxFront: (oldest: Int?, count: Int) {
    guard let memory else { return (nil, 0) }
    return (memory.program.oldestSequence, memory.program.outbox.count)
  }

  // MARK: Calls

  func socketIsReady() {
    if isPowered { call() }
  }

  func timerFired(_ time: UInt64) {
    guard time == timerMilliseconds else { return }
    timerMilliseconds = .max
    guard isPowered else { return }
    let deadline = wait.deadlineMilliseconds
    if hardware.monotonicMilliseconds >= deadline { call() } else { schedule(deadline) }
  }

  /// The processor is busy for a while: nothing is called, whatever is due.
  func keepBusy(milliseconds: UInt64) { busyUntilMilliseconds = max(busyUntilMilliseconds, world.now + milliseconds) }

  /// Takes no more readings.
  func stopPublishing() {
    memory?.program.stopPublishing()
    if isPowered { call() }
  }

  /// Whether it has left its channel, as it does when it has published everything.
  var hasLeft: Bool { shownPhase == .stopped }

  /// Whether everything is in the server's hands, as far as the node knows.
  var isFinished: Bool { memory?.program.outbox.isEmpty ?? true }

  private func call() {
    if world.now < busyUntilMilliseconds {
      timerMilliseconds = .max
      return schedule(hardware.monotonicMilliseconds + busyUntilMilliseconds - world.now)
    }
    guard let memory else { return }
    repeat {
      wait = memory.program.step()
      look(memory)
    } while wait.deadlineMilliseconds <= hardware.monotonicMilliseconds && world.checkers.violation == nil
    schedule(wait.deadlineMilliseconds)
  }

  private func schedule(_ deadline: UInt64) {
    guard deadline != .max else { return }
    let time = max(world.now, deadline - min(deadline, hardware.monotonicMilliseconds) + world.now)
    guard time < timerMilliseconds else { return }
    timerMilliseconds = time
    world.events.insert(.clientTimer, at: time, target: index)
  }

  // MARK: What the checkers look at

  private func look(_ memory: Memory) {
    countCall()
    let checkers = world.checkers
    let counters = memory.program.outbox.counters
    let statistics = memory.program.statistics
    let figures = OutboxFigures(
      made: Int(statistics.published) + Int(statistics.refused), accepted: Int(counters.accepted),
      confirmed: Int(counters.confirmed), droppedQueued: Int(counters.droppedQueued),
      droppedUnconfirmed: Int(counters.droppedUnconfirmed), count: memory.program.outbox.count)
    checkers.stepped(index, figures, isSlow: port.isSlow)
    let phase = memory.program.client.session.phase
    if phase != shownPhase {
      shownPhase = phase
      world.note(.phase, index, Int(phase.rawValue), Int(memory.program.client.session.attemptCount))
    }
    let (bytes, output) = (memory.program.outbox.byteCount, memory.program.outputByteCount)
    if figures.count > 32 || bytes > 2_048 || output > 640 {
      checkers.violate("a buffer is above its capacity", index, "\(figures.count), \(bytes) B, output \(output) B")
    }
  }

  private func countCall() {
    let second = world.now / 1000
    if second != secondOfCalls { (secondOfCalls, callCount) = (second, 0) }
    callCount += 1
    if callCount > Self.callsPerSecondMax {
      world.checkers.violate("a node asks to be called for ever", index, "\(callCount) calls within a second")
    }
  }
}

// Spans of the node's memory can be looked at from within only.
extension Node where Socket: ~Copyable, Security: ~Copyable, Source: ~Copyable, System: ~Copyable {
  fileprivate var oldestSequence: Int? { ReadingText(outbox.message(at: 0))?.sequence }
  fileprivate var outputByteCount: Int { client.session.output.count }
}
