import Mles

/// The Mles server of a simulated world, after the source of mles-rs 2.9.2: one event loop for all channels, and for each
/// connection a reader, a pinger and a sender. What the rest of the simulator takes for the relay (`RelayCore`) has no such
/// tasks; here a loop that stands still lets the pingers go on, as in the server.
final class ServerModel {
  static let pingIntervalMilliseconds: UInt64 = 24_000
  /// Pings without a frame from the client, after which the next is its end.
  static let unansweredPingCountMax = 2
  /// Events that wait for the loop; a reader with one more waits itself.
  static let loopQueueCountMax = 16

  enum LoopEvent {
    case join(ServerConnection, header: [UInt8])
    case message(ServerConnection, wire: [UInt8], ReadingID?)
    case leave(ServerConnection)
  }

  /// How a server ends.
  enum Ending: Int {
    /// The process ends: FIN for all.
    case finish
    /// The process is killed: RST for all.
    case reset
    /// The computer loses its power: nothing.
    case silence
  }

  /// What it does with new connections.
  enum Manners {
    case answers
    /// Accepts TCP and says nothing.
    case isMute
    /// Answers every request with 503, as a proxy does whose server is down.
    case isUnavailable
  }

  unowned(unsafe) let world: World
  let historyLimit: Int
  /// The key that authentication values have to be made with; nil: they may be missing.
  var key: Secret?
  var manners = Manners.answers
  /// How long it takes to answer a request.
  var upgradeDelayMilliseconds: UInt64 = 0
  /// Whether the process runs.
  private(set) var isRunning = true
  private(set) var isHostDown = false
  private(set) var hostStartsMilliseconds: UInt64 = 0
  private(set) var stallEndMilliseconds: UInt64 = 0
  private var connections: [ServerConnection] = []
  private var channels: [[UInt8]: ServerChannel] = [:]
  private var queue = FIFO<LoopEvent>()
  private var isWorking = false
  /// For the checkers' numbering of the entries of each channel.
  private var entryCounts: [[UInt8]: Int] = [:]

  init(world: World, historyLimit: Int, key: Secret?) {
    self.world = world
    self.historyLimit = historyLimit
    self.key = key
  }

  var isStalled: Bool { world.now < stallEndMilliseconds }

  // MARK: Connections

  /// A TCP connection: false when nothing listens.
  func accept(_ connection: VirtualConnection) -> Bool {
    guard isRunning else { return false }
    let accepted = ServerConnection(connection, server: self)
    connection.serverSide = accepted
    connections.append(accepted)
    return true
  }

  func forget(_ connection: ServerConnection) {
    connections.removeAll { $0 === connection }
  }

  // MARK: Ends and stalls

  func stop(_ how: Ending, milliseconds: UInt64) {
    guard isRunning else { return }
    world.note(.serverStops, -1, how.rawValue, Int(milliseconds))
    world.checkers.serverStops()
    isRunning = false
    isHostDown = how == .silence
    hostStartsMilliseconds = world.now + milliseconds
    stallEndMilliseconds = 0
    while let event = queue.removeFirst() {
      if case .message(_, _, let id?) = event { world.checkers.swallowed(id) }
    }
    for (name, channel) in channels {
      entryCounts[name] = channel.entryCount
      channel.members = []
    }
    channels.removeAll()
    let all = connections
    connections.removeAll()
    for connection in all { connection.serverEnds(how) }
    world.events.insert(.serverResumes, at: hostStartsMilliseconds)
  }

  /// The loop stands still, as when a member does not read.
  func stall(milliseconds: UInt64) {
    guard isRunning else { return }
    stallEndMilliseconds = max(stallEndMilliseconds, world.now + milliseconds)
    world.note(.stallBegins, -1, Int(milliseconds))
    world.events.insert(.serverResumes, at: stallEndMilliseconds)
  }

  func resume() {
    if !isRunning, world.now >= hostStartsMilliseconds {
      isRunning = true
      isHostDown = false
      world.note(.serverStarts, -1)
    }
    guard isRunning, !isStalled, !queue.isEmpty else { return }
    world.note(.stallEnds, -1, queue.count)
    work()
  }

  // MARK: The event loop

  /// Hands an event to the loop; false when the one who does so has to wait until the loop has taken it.
  func submit(_ event: LoopEvent) -> Bool {
    guard !isStalled, !isWorking else {
      queue.append(event)
      return queue.count <= Self.loopQueueCountMax
    }
    isWorking = true
    process(event)
    isWorking = false
    if !queue.isEmpty { work() }
    return true
  }

  private func work() {
    isWorking = true
    while let event = queue.removeFirst() { process(event) }
    isWorking = false
    // Readers that waited go on; what they read may come here at once.
    for connection in connections where connection.isReaderBlocked { connection.loopHasRoom() }
  }

  private func process(_ event: LoopEvent) {
    switch event {
    case .join(let connection, let header): join(connection, header)
    case .message(let connection, let wire, let id): relay(wire, id, from: connection)
    case .leave(let connection): leave(connection)
    }
  }

  private func join(_ connection: ServerConnection, _ header: [UInt8]) {
    guard let fields = connection.fields else { return }
    let channel = channel(named: fields.channel)
    let identity = ServerIdentity(uid: fields.uid, auth: fields.auth)
    if let holder = channel.members.first(where: { $0.identity == identity }) {
      world.checkers.identityTaken(
        connection.client, holder: holder.client, isHeard: !connection.connection.isHarmed)
      return connection.joinIsRefused()
    }
    connection.identity = identity
    connection.channel = channel
    channel.members.append(connection)
    let (first, end) = (channel.firstEntry, channel.entryCount)
    world.note(.join, connection.client, connection.serial, end - first)
    world.checkers.joined(connection, channel: channel.number, replayed: first..<end)
    connection.joinIsAccepted(replaying: channel.history.elements)
    _ = channel.store(ServerFrame.message(0x81, header.span), limit: historyLimit)
  }

  /// Lets go of the channels' members; nothing works afterwards.
  func takeApart() {
    for channel in channels.values { channel.members = [] }
  }

  private func channel(named name: [UInt8]) -> ServerChannel {
    if let channel = channels[name] { return channel }
    let channel = ServerChannel(
      name: name, number: world.channelNumber(name), entryCount: entryCounts[name] ?? 0)
    channels[name] = channel
    return channel
  }

  private func relay(_ wire: [UInt8], _ id: ReadingID?, from sender: ServerConnection) {
    guard let channel = sender.channel, channels[channel.name] === channel else { return }
    for member in channel.members where member !== sender { member.send(wire) }
    let entry = channel.store(wire, limit: historyLimit)
    if let id { world.checkers.relayed(id, from: sender, entry: entry, on: channel.number) }
  }

  /// Somebody who is no client of this world says something: it takes a place in the history.
  func relayForeign(_ wire: [UInt8], onChannel name: [UInt8]) {
    guard isRunning, !isStalled, let channel = channels[name] else { return }
    for member in channel.members { member.send(wire) }
    _ = channel.store(wire, limit: historyLimit)
  }

  private func leave(_ connection: ServerConnection) {
    guard let channel = connection.channel else { return }
    channel.members.removeAll { $0 === connection }
    (connection.identity, connection.channel) = (nil, nil)
    world.note(.leave, connection.client, connection.serial)
    world.checkers.left(connection.client)
  }
}
