// Nobody is stuck, nobody spins, and the ghost costs no more than it must.
extension Checkers {
  /// After this time without a fault every node is on its channel. The longest wait for a next try is five minutes; a try
  /// takes up to 145 s.
  static let recoveryMilliseconds: UInt64 = 500_000
  /// From a ghost's end to the node's join.
  static let ghostMilliseconds: UInt64 = 5_000
  /// The longest a client holds on to a connection on which nothing comes.
  static let silenceMilliseconds: UInt64 = 101_000
  /// The longest a client holds on to a connection that takes no bytes: the limit of 30 s counts from when the session has
  /// output that waits behind what TLS has taken already, which is the answer to the next ping at the latest.
  static let blockedMilliseconds: UInt64 = 61_000
  /// Tries within `attemptWindowMilliseconds` at most: one every 3 s while a ghost is suspected.
  static let attemptCountMax = 130
  static let attemptWindowMilliseconds: UInt64 = 300_000
  /// A refusal this long after the upgrade may be one of the header.
  static let ambiguousRefusalMilliseconds: UInt64 = 19_000
  static let auditMilliseconds: UInt64 = 10_000

  /// Something happens to the client's network, board or server until then, which the client can find out about so much
  /// later.
  func disturbed(_ client: Int, untilMilliseconds end: UInt64 = 0, noticedMilliseconds: UInt64 = 0) {
    let watch = nodes[client]
    let end = max(end, world.now)
    // What lasts no time is over with the next millisecond.
    watch.faultUntilMilliseconds = max(watch.faultUntilMilliseconds, end, world.now + 1)
    watch.disturbedUntilMilliseconds = max(watch.disturbedUntilMilliseconds, end + noticedMilliseconds)
  }

  func isCalm(_ client: Int, milliseconds: UInt64) -> Bool {
    nodes[client].disturbedUntilMilliseconds + milliseconds <= world.now
  }

  func opened(_ client: Int) {
    totals.connections += 1
    let watch = nodes[client]
    if world.now - watch.attemptsSinceMilliseconds >= Self.attemptWindowMilliseconds {
      watch.attemptsSinceMilliseconds = world.now
      watch.attemptCount = 0
    }
    watch.attemptCount += 1
    if watch.attemptCount > Self.attemptCountMax {
      violate("a client connects too often", client, "\(watch.attemptCount) times within five minutes")
    }
  }

  /// The server answers the upgrade request: the client may send its join header.
  func upgraded(_ client: Int) { nodes[client].unansweredConnectionCount += 1 }

  func joined(_ connection: ServerConnection, channel: Int, replayed: Range<Int>) {
    let watch = nodes[connection.client]
    totals.joins += 1
    watch.isOnChannel = true
    watch.join = JoinRecord(connection: connection.serial, replayed: replayed)
    if connection.client >= world.nodes.count {
      totals.replayedToSubscribers += replayed.count
      totals.overrun += forgot(before: replayed.lowerBound, on: channel)
    }
    // A fault since the first refusal is another reason to come late.
    if let end = watch.ghostEndMilliseconds, world.now - end > ghostLimit(connection.client),
      let since = watch.ghostSinceMilliseconds, watch.faultUntilMilliseconds <= since
    {
      violate(
        "a node came back too late after its ghost", connection.client, "\(world.now - end) ms after the ghost's end")
    }
    watch.ghostSinceMilliseconds = nil
    watch.ghostEndMilliseconds = nil
  }

  /// A slow way takes its time for the connection itself: eight times there or back, and what is lost on it.
  private func ghostLimit(_ client: Int) -> UInt64 {
    let port = world.port(client)
    let retransmissions: UInt64 = port.lossPerMillion > 0 ? 1_000 : 0
    return Self.ghostMilliseconds + 8 * (port.delayMilliseconds + port.jitterMilliseconds) + retransmissions
  }

  /// A join is refused. What follows is no ghost for the checkers where a client takes it for a bad header, which it tries
  /// again after minutes: where it is one, and where it cannot tell, between 20 s and the tick at 24 s, a taken identity from
  /// it, which a server that stalled refuses late.
  func refused(_ connection: ServerConnection, isHeaderBad: Bool) {
    nodes[connection.client].unansweredConnectionCount -= 1
    let isLate = world.now - connection.upgradedMilliseconds >= Self.ambiguousRefusalMilliseconds
    if isHeaderBad || isLate { nodes[connection.client].ghostSinceMilliseconds = nil }
  }

  /// A client has answered a ping, so that it knows that the replay is over.
  func answeredPing(_ client: Int) { nodes[client].unansweredConnectionCount = 0 }

  /// A join was refused because `holder` has the identity. The client cannot hear it where the connection is dead already.
  func identityTaken(_ client: Int, holder: Int, isHeard: Bool) {
    guard client == holder else { return violate("two clients have one identity", client) }
    guard isHeard, nodes[client].ghostSinceMilliseconds == nil else { return }
    totals.ghosts += 1
    nodes[client].ghostSinceMilliseconds = world.now
  }

  /// The server let go of the client's identity.
  func left(_ client: Int) {
    let watch = nodes[client]
    watch.isOnChannel = false
    if watch.ghostSinceMilliseconds != nil { watch.ghostEndMilliseconds = world.now }
  }

  func serverStops() {
    for watch in nodes {
      watch.isOnChannel = false
      watch.ghostSinceMilliseconds = nil
      watch.ghostEndMilliseconds = nil
    }
    for channel in channels.indices { totals.forgotten += forgot(before: .max, on: channel) }
  }

  /// Looks at every client.
  func audit() {
    for client in nodes.indices where world.isPowered(client) && !world.hasLeft(client) {
      if let connection = world.port(client).connection { audit(connection, client) }
      guard !nodes[client].isOnChannel, isCalm(client, milliseconds: Self.recoveryMilliseconds) else { continue }
      violate(
        "a client is stuck", client, "not on its channel \(Self.recoveryMilliseconds / 1000) s after the last fault")
    }
  }

  private func audit(_ connection: VirtualConnection, _ client: Int) {
    guard connection.phase == .open, !world.isBusy(client) else { return }
    if world.now - connection.lastReadMilliseconds > Self.silenceMilliseconds {
      violate("a client holds on to a silent connection", client, "connection \(connection.serial)")
    }
    if let since = connection.blockedSinceMilliseconds, world.now - since > Self.blockedMilliseconds {
      violate("a client holds on to a connection that takes nothing", client, "connection \(connection.serial)")
    }
  }
}
