import Bytes
public import HAL
public import Mles
public import TLS
import WebSocket

/// What a node needs from its board besides sensor and socket.
public typealias BoardSystem = Clock & EntropySource & KeyValueStore & Link & LogSink & StatusIndicator

/// The session of a node: messages of up to 1 KiB are delivered whole, larger ones in chunks; 640 bytes hold the upgrade
/// request and several readings.
public typealias NodeSession = Session<1024, 640>

/// The channel client of a node.
public typealias NodeClient<
  Socket: StreamSocket & ~Copyable, Security: ClientSecurity & ~Copyable
> = ChannelClient<Socket, Security, 1024, 640>

/// The outbox of a node: 2 KiB, at most 32 readings.
public typealias NodeOutbox = DefaultOutbox

/// What keeps a node from connecting, apart from the server.
enum Obstacle: UInt8 {
  /// No carrier, or not associated with an access point.
  case link
  /// No address yet: DHCP has not answered.
  case address
  /// The time is not known.
  case time
}

/// The node: measures at an interval, keeps the readings in its outbox, and keeps a channel session alive that sends
/// them. The same code on every board; it never waits, the board calls `step` when `NodeWait` says so.
public struct Node<
  Socket: StreamSocket & ~Copyable, Security: ClientSecurity & ~Copyable, Source: Sensor & ~Copyable,
  System: BoardSystem & ~Copyable
>: ~Copyable {
  /// Events handled in one `step`; more wait for the next, which is then due at once.
  public static var eventsPerStep: Int { 32 }

  /// How often this board has started, from its key-value store; 1 for the first time.
  public internal(set) var bootCount: UInt32 = 0
  /// What has been done.
  public internal(set) var statistics = NodeStatistics()
  var publisher: Publisher
  var sensorDeadline = UInt64.max
  /// What it was told to do.
  public let configuration: NodeConfiguration
  /// A measurement runs, for the next reading.
  var isMeasuring = false
  var isSensorFailing = false
  /// Told to leave, and not to come back.
  private var hasLeft = false
  /// What stands in the way of a connection, as found in the last step.
  var obstacle: Obstacle?
  var reportedPhase = SessionPhase.idle
  var reportedStatus: NodeStatus?
  var reportedAttempt: UInt32 = 0
  var reportedJoins: UInt32 = 0
  /// The sensor.
  public internal(set) var sensor: Source
  /// The board.
  public internal(set) var system: System
  // The large ones last: what is near the start is reached with shorter instructions.
  /// The connection to the channel.
  public internal(set) var client: NodeClient<Socket, Security>
  /// Readings on their way.
  public internal(set) var outbox: NodeOutbox

  /// A node that has just started: counts the boot, then waits for `step`. `client` is made in its place in the node, not
  /// on the stack first.
  public init(
    client: @autoclosure () -> NodeClient<Socket, Security>, sensor: consuming Source, system: consuming System,
    configuration: NodeConfiguration
  ) {
    self.client = client()
    self.sensor = sensor
    self.system = system
    self.configuration = configuration
    outbox = NodeOutbox(policy: configuration.overflow)
    publisher = Publisher(
      intervalMilliseconds: configuration.intervalMilliseconds, limit: configuration.readingLimit)
    countBoot()
  }

  /// Whether all readings were made that were asked for, and the server is known to have them.
  public var isFinished: Bool { publisher.isFinished && outbox.isEmpty }

  /// Takes no more readings; those in the outbox still go out, and then the node leaves: the server's answer proves that it
  /// has them.
  public mutating func stopPublishing() {
    publisher.stop()
    isMeasuring = false
  }

  /// Leaves the channel, whatever is in the outbox; `step` on until the session's state is `stopped`.
  public mutating func leave() {
    hasLeft = true
    client.leave(nowMilliseconds: system.monotonicMilliseconds())
  }

  /// Does what is due now, and says when to be called again.
  public mutating func step() -> NodeWait {
    let now = system.monotonicMilliseconds()
    measure(now)
    lookForObstacle(now)
    let hasMore = communicate(now)
    report(now)
    var deadline = client.session.deadlineMilliseconds
    if obstacle != nil, client.session.phase != .stopped {
      // A start that is due waits for link or time.
      if client.session.isStartDue(nowMilliseconds: now) { deadline = .max }
      deadline = min(deadline, now &+ UInt64(extending: client.session.timeouts.linkPollMilliseconds))
    }
    deadline = min(deadline, sensorDeadline)
    // While a measurement runs its reading stays due.
    if let due = publisher.dueMilliseconds, !publisher.isFinished, !isMeasuring { deadline = min(deadline, due) }
    return NodeWait(
      deadlineMilliseconds: hasMore ? now : deadline, wantsRead: client.wantsRead, wantsWrite: client.wantsWrite)
  }

  // MARK: Channel

  /// Notes, and says, what has changed about the way to the network; when it is free again, the next try is due.
  private mutating func lookForObstacle(_ now: UInt64) {
    let found: Obstacle? =
      switch system.linkState() {
      case .down: .link
      case .acquiringAddress: .address
      // Without the time a certificate's dates cannot be checked.
      case .up: system.wallMilliseconds() == nil ? .time : nil
      }
    guard found != obstacle else { return }
    obstacle = found
    if found == nil { client.session.retryNow(nowMilliseconds: now) }
    reportObstacle()
  }

  /// True when it stopped before all was done.
  private mutating func communicate(_ now: UInt64) -> Bool {
    // A connection that is open stays so: TCP outlives a link that is away for a moment, and to the server this node would
    // be its own ghost if it came back with a new one.
    if obstacle == nil {
      _ = client.startIfDue(entropy: &system, nowMilliseconds: now, wallMilliseconds: system.wallMilliseconds())
    }
    client.leavesWhenSent = publisher.isFinished && !hasLeft
    for _ in 0..<Self.eventsPerStep {
      guard let event = client.next(&outbox, entropy: &system, nowMilliseconds: now) else { return client.hasMoreInput }
      count(event)
    }
    return true
  }

  private mutating func count(_ event: NodeSession.Event) {
    switch event {
    case .message: statistics.received &+= 1
    case .chunk: if client.session.chunk.isFinal { statistics.received &+= 1 }
    case .ping, .serverPing: break
    }
  }

  // MARK: Readings

  /// Each reading is a measurement of its own; when the sensor is slower than the interval, readings come at its pace.
  private mutating func measure(_ now: UInt64) {
    sensorDeadline = .max
    var count: UInt32 = 0
    while isMeasuring || publisher.isDue(now), count < Publisher.catchUpLimit {
      if !isMeasuring { sensor.begin(nowMilliseconds: now) }
      isMeasuring = true
      do throws(SensorError) {
        switch try sensor.poll(nowMilliseconds: now) {
        case .idle:
          isMeasuring = false
          publisher.skip(now)
          return
        case .waiting(let untilMilliseconds):
          sensorDeadline = max(untilMilliseconds, now &+ 1)
          return
        case .ready(let measurement):
          isMeasuring = false
          isSensorFailing = false
          publish(measurement, now)
          // What there is must leave before more comes: the rest of the late readings is for the next step.
          if client.session.canSend, outbox.roomBytes < Reading.encodedSizeMax { return }
        }
      } catch {
        sensorFailed(error, now)
      }
      count &+= 1
    }
  }

  private mutating func sensorFailed(_ error: SensorError, _ now: UInt64) {
    statistics.sensorErrors &+= 1
    isMeasuring = false
    publisher.skip(now)
    guard !isSensorFailing else { return }
    isSensorFailing = true
    log(.warning) { writer in
      writer.append("sensor: ")
      error.write(to: &writer)
      writer.append("; trying again at the next reading")
    }
  }

  private mutating func publish(_ measurement: Measurement, _ now: UInt64) {
    let sequence = publisher.sequence
    statistics.missed &+= publisher.advance(now)
    let reading = Reading(
      bootCount: bootCount, sequence: sequence, unixMilliseconds: system.wallMilliseconds(), measurement: measurement,
      isSimulated: configuration.isSimulated, resetReason: statistics.published == 0 ? configuration.resetReason : nil)
    var text = InlineArray<566, UInt8>(repeating: 0)
    var writer = ByteWriter(text.mutableSpan)
    reading.write(uid: client.session.identity.uid, to: &writer)
    guard let count = try? writer.finish(), count <= client.session.maximumMessageBytes,
      (try? outbox.append(text.span.extracting(0..<count), kind: .text)) != nil
    else {
      statistics.refused &+= 1
      return
    }
    statistics.published &+= 1
  }

  /// One write to the store for each boot is all that the flash has to bear: the readings of a boot are numbered from 0.
  private mutating func countBoot() {
    var stored = InlineArray<4, UInt8>(repeating: 0)
    var span = stored.mutableSpan
    do throws(KeyValueError) {
      if let byteCount = try system.readValue(for: "boot", into: &span) {
        guard byteCount == 4 else { throw .valueTooLarge(byteCount: byteCount, capacityBytes: 4) }
        bootCount = Self.number(stored)
      }
      bootCount = max(1, bootCount &+ 1)
      for index in 0..<4 { stored[index] = UInt8(truncatingIfNeeded: bootCount &>> UInt32(24 &- 8 * index)) }
      try system.storeValue(stored.span, for: "boot")
    } catch {
      bootCount = randomBoot()
      log(.warning) { $0.append("the boot number could not be read or stored; a random one takes its place") }
    }
  }

  /// A number that no boot is likely to have had: subscribers drop readings whose numbers repeat. Its top bit is set, which
  /// counting never comes to.
  private mutating func randomBoot() -> UInt32 {
    var bytes = InlineArray<4, UInt8>(repeating: 0)
    var span = bytes.mutableSpan
    // Without randomness either: the wall clock, or the time since the start, which differs by a little.
    let time = UInt32(truncatingIfNeeded: system.wallMilliseconds() ?? system.monotonicMilliseconds())
    let number = (try? system.fill(&span)) == nil ? time : Self.number(bytes)
    return number | 0x8000_0000
  }

  private static func number(_ bytes: InlineArray<4, UInt8>) -> UInt32 {
    var number: UInt32 = 0
    for index in 0..<4 { number = number &<< 8 | UInt32(truncatingIfNeeded: bytes[index]) }
    return number
  }
}
