import Device
import HAL
import Mles
import TLS
import WebSocket

/// A subscriber of a simulated channel: the project's own session and de-duplication, over the faulty network.
final class VirtualSubscriber: NetworkClient {
  typealias Client = ChannelClient<VirtualSocket, PassThrough, 1024, 640>

  /// Events handled in one call; more wait for the next, which is due at once.
  static let eventsPerCall = 256

  let index: Int
  /// The channel's number.
  let channel: Int
  let uid: String
  let port: ClientPort
  unowned(unsafe) let world: World
  private var client: Client
  private var outbox = Outbox<256, 2>(policy: .refuseNewest)
  private var entropy: VirtualEntropy
  private var readings = SubscriberReadings()
  private var replayAttempt: UInt32 = 0
  private var timerMilliseconds = UInt64.max
  private var isDueNow = false
  /// When the last message came on this connection, and whether there was a pause that the filter cannot bridge.
  private var progressMilliseconds: UInt64 = 0
  private var isReplaySlow = false
  private var shownPhase = SessionPhase.idle

  init(
    index: Int, channel: Int, name: String, key: Secret?, port: ClientPort, world: World, random: SimulationRandom
  ) throws {
    self.index = index
    self.channel = channel
    self.port = port
    self.world = world
    uid = "subscriber-\(index)"
    let identity = try ChannelIdentity(uid: uid, channel: name, key: key)
    client = Client(
      endpoint: try SimulatedEndpoint.make(), session: Session(identity: identity),
      socket: VirtualSocket(port: port, network: world.network), configuration: try TLSConfiguration.client())
    entropy = VirtualEntropy(random: random)
    readings.noteHeader(of: identity)
  }

  func start() { call() }

  func socketIsReady() { call() }

  func timerFired(_ time: UInt64) {
    guard time == timerMilliseconds else { return }
    timerMilliseconds = .max
    if isDueNow || world.now >= client.session.deadlineMilliseconds { call() } else { schedule() }
  }

  private func call() {
    let now = world.now
    _ = client.startIfDue(entropy: &entropy, nowMilliseconds: now)
    var count = 0
    while count < Self.eventsPerCall, let event = client.next(&outbox, entropy: &entropy, nowMilliseconds: now) {
      take(event, now)
      count += 1
    }
    beginReplay(now)
    notePhase()
    isDueNow = count == Self.eventsPerCall || client.hasMoreInput
    schedule()
  }

  private func schedule() {
    let time = isDueNow ? world.now : max(world.now, client.session.deadlineMilliseconds)
    guard time < timerMilliseconds else { return }
    timerMilliseconds = time
    world.events.insert(.clientTimer, at: time, target: index)
  }

  private func take(_ event: Client.ChannelSession.Event, _ now: UInt64) {
    guard case .message = event else { return }
    beginReplay(now)
    if now - progressMilliseconds >= UInt64(DefaultHistoryFilter.defaultWindowMilliseconds) { isReplaySlow = true }
    progressMilliseconds = now
    let outcome = readings.take(client.message, nowMilliseconds: now)
    guard outcome != .notForDelivery, let text = ReadingText(client.message) else { return }
    switch outcome {
    case .delivered: world.checkers.delivered(text, to: index, on: channel)
    case .passedTheFilterTwice: world.checkers.passedTwice(text, to: index, isReplaySlow: isReplaySlow)
    case .notForDelivery: break
    }
  }

  /// A replay begins with each connection that has sent its join header.
  private func beginReplay(_ now: UInt64) {
    guard client.session.canSend, replayAttempt != client.session.attemptCount else { return }
    replayAttempt = client.session.attemptCount
    readings.beginReplay(nowMilliseconds: now)
    (progressMilliseconds, isReplaySlow) = (now, false)
  }

  private func notePhase() {
    let phase = client.session.phase
    guard phase != shownPhase else { return }
    shownPhase = phase
    world.note(.phase, index, Int(phase.rawValue), Int(client.session.attemptCount))
  }
}

/// The random numbers of a simulated subscriber.
struct VirtualEntropy: EntropySource, ~Copyable {
  var random: SimulationRandom

  mutating func fill(_ bytes: inout MutableSpan<UInt8>) throws(EntropyError) {
    for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: random.next()) }
  }
}
