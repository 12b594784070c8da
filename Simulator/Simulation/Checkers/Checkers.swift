/// What went wrong in a world.
struct Violation: Error, Equatable {
  /// The rule, in a few words that stay the same.
  var rule: String
  var details: String
  /// The client concerned, -1 for none.
  var client: Int
  var timeMilliseconds: UInt64
}

/// All that must hold in a simulated world, whatever happens to it. The checkers look from outside: at what the outbox
/// counts, what the server reads and relays, what the subscriber is given, and when. They share no code with what they
/// check.
final class Checkers {
  unowned(unsafe) let world: World
  private(set) var violation: Violation?
  var totals = WorldTotals()
  var nodes: [NodeWatch]
  var channels: [ChannelLog]

  init(world: World, clientCount: Int, channelCount: Int) {
    self.world = world
    nodes = (0..<clientCount).map { _ in NodeWatch() }
    channels = Array(repeating: ChannelLog(), count: channelCount)
  }

  /// Notes the first violation; the world stops then.
  func violate(_ rule: String, _ client: Int, _ details: String = "") {
    guard violation == nil else { return }
    violation = Violation(rule: rule, details: details, client: client, timeMilliseconds: world.now)
  }

  // MARK: Rules of the protocol, as the server sees them

  func brokeProtocol(_ client: Int, _ what: String) { violate("a client broke the protocol", client, what) }

  func sentPing(_ client: Int) { violate("a client sent a ping", client) }

  /// The server is about to ping, 24 s after the last time: by now the last one was answered.
  func ticked(_ connection: ServerConnection) {
    let watch = nodes[connection.client]
    defer { watch.pongsAtTick = (connection.serial, connection.pongCount) }
    guard connection.pingCount > 0, watch.pongsAtTick?.serial == connection.serial else { return }
    guard watch.pongsAtTick?.count == connection.pongCount else { return }
    let network = connection.connection
    guard world.port(connection.client).connection === network, !network.isHarmed else { return }
    // Where nothing has disturbed the connection since the ping before.
    guard isCalm(connection.client, milliseconds: 2 * ServerModel.pingIntervalMilliseconds) else { return }
    violate("a ping was not answered", connection.client, "connection \(connection.serial)")
  }
}

/// What the checkers know about one client.
final class NodeWatch {
  var boots: [BootLedger] = []
  var bootNumbers: Set<UInt32> = []
  /// The outbox's numbers after the last step.
  var last = OutboxFigures()
  /// The last fault that touches the client ends, or ended, then.
  var faultUntilMilliseconds: UInt64 = 0
  /// By then the client has found out about it, as about a connection that died.
  var disturbedUntilMilliseconds: UInt64 = 0
  /// The join of the present connection.
  var join: JoinRecord?
  var isOnChannel = false
  /// The server first took it for its own ghost then.
  var ghostSinceMilliseconds: UInt64?
  /// The ghost ended then, and it is not back yet.
  var ghostEndMilliseconds: UInt64?
  /// Connections with an answered upgrade since the last one on which the client answered a ping, without those that were
  /// refused.
  var unansweredConnectionCount = 0
  var pongsAtTick: (serial: Int, count: Int)?
  var attemptsSinceMilliseconds: UInt64 = 0
  var attemptCount = 0
}

/// A join as the server saw it.
struct JoinRecord {
  var connection: Int
  /// The entries of the channel that were replayed.
  var replayed: Range<Int>
}

/// What an outbox has counted.
struct OutboxFigures: Equatable {
  var made = 0
  var accepted = 0
  var confirmed = 0
  var droppedQueued = 0
  var droppedUnconfirmed = 0
  var count = 0

  var dropped: Int { droppedQueued + droppedUnconfirmed }
}

/// Figures of a world, for the summary.
struct WorldTotals: Equatable, Sendable {
  var accepted = 0
  var relayed = 0
  var wireDuplicates = 0
  /// Entries that subscribers were sent as history, and readings among them that the history filter took for new though
  /// the subscriber had them.
  var replayedToSubscribers = 0
  var passedTwice = 0
  var delivered = 0
  var dropped = 0
  var lostAtPowerOff = 0
  var swallowed = 0
  /// Readings that the history had no room for before their subscriber came, and those that had not reached it when a
  /// server stopped.
  var overrun = 0
  var forgotten = 0
  var confirmedOnSlowConnection = 0
  var joins = 0
  var ghosts = 0
  var boots = 0
  var connections = 0
  var events = 0
  var faults = [Int](repeating: 0, count: FaultKind.allCases.count)

  mutating func add(_ other: WorldTotals) {
    accepted += other.accepted
    relayed += other.relayed
    wireDuplicates += other.wireDuplicates
    replayedToSubscribers += other.replayedToSubscribers
    passedTwice += other.passedTwice
    delivered += other.delivered
    dropped += other.dropped
    lostAtPowerOff += other.lostAtPowerOff
    swallowed += other.swallowed
    overrun += other.overrun
    forgotten += other.forgotten
    confirmedOnSlowConnection += other.confirmedOnSlowConnection
    joins += other.joins
    ghosts += other.ghosts
    boots += other.boots
    connections += other.connections
    events += other.events
    for index in faults.indices { faults[index] += other.faults[index] }
  }
}
