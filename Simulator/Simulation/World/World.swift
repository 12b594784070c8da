import HAL
import Mles

/// What a world is made from; the same settings make the same world, to the last event.
struct WorldSettings: Sendable {
  /// The seed of the whole run, and which of its worlds this is.
  var seed: UInt64
  var index: Int
  var nodeCount: Int
  var milliseconds: UInt64
  var profile: WorldFaultProfile
  /// The server's key; nil: it has none.
  var key: Secret?

  /// From which all random numbers of this world come.
  var worldSeed: UInt64 { SimulationRandom.mix(seed &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(truncatingIfNeeded: index)) }
}

/// A simulated world: one clock, one queue of events, a server, nodes, subscribers, the network between them and what
/// goes wrong. Nothing in it looks at a clock or at random numbers outside.
final class World {
  /// How long a world may take to come to rest when no more faults come: the recovery, and then what the last readings
  /// need to be confirmed.
  static let restMilliseconds: UInt64 = Checkers.recoveryMilliseconds + 200_000

  let settings: WorldSettings
  /// Milliseconds since the world's start.
  var now: UInt64 = 0
  var events = EventHeap()
  private(set) var nodes: [VirtualNode] = []
  private(set) var subscribers: [VirtualSubscriber] = []
  /// The names of the channels; the number of one is its place.
  let channelNames: [[UInt8]]
  let trace: Trace
  // Made right behind the world itself, which they all know; never nil after `init`.
  private(set) lazy var checkers = Checkers(world: self, clientCount: clientCount, channelCount: channelNames.count)
  private(set) lazy var network = Network(world: self)
  private(set) lazy var server = ServerModel(
    world: self, historyLimit: historyLimit, key: settings.key)
  private lazy var faults = FaultInjector(world: self, rules: settings.profile.rules, seed: settings.worldSeed)
  private var ports: [ClientPort] = []
  private let historyLimit: Int
  private(set) var isEnding = false

  /// How many nodes a channel has, over and over: most have one, for what is relayed to others costs time and finds
  /// little.
  static let channelSizes = [1, 2, 1, 3, 1, 2, 1, 4, 1, 1, 2, 1]

  init(_ settings: WorldSettings) throws {
    self.settings = settings
    var random = SimulationRandom(seed: settings.worldSeed, actor: 1)
    historyLimit = settings.profile.historyLimits[random.below(settings.profile.historyLimits.count)]
    var members: [Int] = []
    var left = settings.nodeCount
    while left > 0 {
      let size = min(left, Self.channelSizes[members.count % Self.channelSizes.count])
      members.append(size)
      left -= size
    }
    channelNames = members.indices.map { Array("channel-\($0)".utf8) }
    trace = Trace(clientCount: settings.nodeCount + members.count)
    try makeClients(members)
  }

  deinit {
    // These know each other: without this the memory of every world of a run would stay.
    network.takeApart()
    server.takeApart()
    for port in ports { (port.connection, port.lastConnection) = (nil, nil) }
  }

  private func makeClients(_ members: [Int]) throws {
    let (seed, profile) = (settings.worldSeed, settings.profile)
    for index in 0..<settings.nodeCount + members.count {
      let random = SimulationRandom(seed: seed, actor: 0x1000_0000 + UInt64(index))
      ports.append(ClientPort(index: index, random: random, quality: profile.quality))
    }
    for (channel, count) in members.enumerated() {
      for _ in 0..<count {
        let index = nodes.count
        var random = SimulationRandom(seed: seed, actor: 0x2000_0000 + UInt64(index))
        let interval = profile.intervals[random.below(profile.intervals.count)]
        let isSimple = !random.chance(profile.driversPerMillion)
        let hardware = NodeHardware(world: self, random: random)
        nodes.append(
          try VirtualNode(
            index: index, channel: String(decoding: channelNames[channel], as: UTF8.self), key: settings.key,
            port: ports[index], hardware: hardware, intervalMilliseconds: interval, hasSimpleSensor: isSimple))
        ports[index].client = nodes[index]
      }
    }
    for channel in members.indices {
      let index = settings.nodeCount + channel
      subscribers.append(
        try VirtualSubscriber(
          index: index, channel: channel, name: String(decoding: channelNames[channel], as: UTF8.self),
          key: settings.key, port: ports[index], world: self,
          random: SimulationRandom(seed: seed, actor: 0x3000_0000 + UInt64(index))))
      ports[index].client = subscribers[channel]
      checkers.channels[channel].hasSubscriber = true
    }
  }

  // MARK: What the others ask for

  var clientCount: Int { settings.nodeCount + channelNames.count }

  func port(_ client: Int) -> ClientPort { ports[client] }

  func isPowered(_ client: Int) -> Bool { client >= nodes.count || nodes[client].isPowered }

  /// Left its channel, all done.
  func hasLeft(_ client: Int) -> Bool { client < nodes.count && nodes[client].hasLeft }

  func isBusy(_ client: Int) -> Bool { client < nodes.count && nodes[client].busyUntilMilliseconds > now }

  func channelNumber(_ name: [UInt8]) -> Int { channelNames.firstIndex(of: name) ?? 0 }

  func note(_ kind: TraceRecord.Kind, _ client: Int, _ first: Int = 0, _ second: Int = 0) {
    trace.note(kind, client, at: now, first, second)
  }

  /// The names of the clients, for traces.
  var names: [String] { nodes.map(\.uid) + subscribers.map(\.uid) }

  /// A subscriber's computer has a link as well, but nobody asks it.
  func setLink(_ client: Int, _ state: LinkState) {
    guard client < nodes.count else { return }
    nodes[client].hardware.link = state
    nodes[client].socketIsReady()
  }

  /// Others say so much on every channel that the history forgets.
  func overrunHistories(count: Int, _ random: inout SimulationRandom) {
    for name in channelNames where random.chance(500_000) {
      for _ in 0..<count {
        let text = Array("someone says \(random.next())".utf8)
        // The server stores a member's Ping like a message.
        server.relayForeign(ServerFrame.message(random.chance(250_000) ? 0x89 : 0x81, text.span), onChannel: name)
      }
    }
  }

  // MARK: Time

  /// Runs to the end, and stops at the first violation.
  func run(while isWanted: () -> Bool = { true }) {
    start()
    while checkers.violation == nil, checkers.totals.events % 4_096 != 0 || isWanted(), let event = events.removeFirst()
    {
      guard event.timeMilliseconds >= now else {
        checkers.violate("time went back", -1, "from \(now) to \(event.timeMilliseconds)")
        break
      }
      now = event.timeMilliseconds
      checkers.totals.events += 1
      dispatch(event)
      if isEnding, event.kind == .audit, isAtRest { break }
    }
    // One that was stopped has no end to be checked.
    if isEnding, checkers.violation == nil { checkers.checkEnd() }
  }

  /// Lets happen what is due up to this time, and nothing of itself: for the tests of a part.
  func advance(until time: UInt64) {
    while let event = events.first, event.timeMilliseconds <= time {
      _ = events.removeFirst()
      now = event.timeMilliseconds
      dispatch(event)
    }
    now = max(now, time)
  }

  private func start() {
    for subscriber in subscribers { subscriber.start() }
    for node in nodes {
      node.hardware.wallKnownMilliseconds = node.hardware.random.below(settings.profile.wallDelayMillisecondsMax + 1)
      events.insert(.powerOn, at: 1 + node.hardware.random.below(20_000 as UInt64), target: node.index)
    }
    faults.start()
    events.insert(.audit, at: Checkers.auditMilliseconds)
  }

  private func dispatch(_ event: WorldEvent) {
    let target = Int(event.target)
    switch event.kind {
    case .clientTimer:
      if target < nodes.count {
        nodes[target].timerFired(now)
      } else {
        subscribers[target - nodes.count].timerFired(now)
      }
    case .segment: network.segmentArrived(event)
    case .nameAnswered: network.nameAnswered(event)
    case .connectionRequest: network.connectionRequested(event)
    case .connectionAnswer: network.connectionAnswered(event)
    case .finish: network.finishArrived(event)
    case .reset: network.resetArrived(event)
    case .room: network.roomFound(event)
    case .serverTick, .serverUpgrade:
      guard let connection = network.take(event) else { return }
      if event.kind == .serverTick { connection.serverSide?.tick() } else { connection.serverSide?.upgrade() }
      network.releaseIfUnused(connection)
    case .serverResumes: server.resume()
    case .faultBegins: faults.begin(target)
    case .faultEnds: faults.end(target)
    case .powerOn: nodes[target].powerOn()
    case .audit: audit()
    }
  }

  private func audit() {
    checkers.audit()
    if !isEnding, now >= settings.milliseconds {
      isEnding = true
      faults.stop()
      for client in 0..<clientCount { checkers.disturbed(client) }
      for node in nodes { node.stopPublishing() }
    }
    if isEnding, now >= settings.milliseconds + Self.restMilliseconds { return checkRest() }
    events.insert(.audit, at: now + Checkers.auditMilliseconds)
  }

  private var isAtRest: Bool {
    nodes.allSatisfy { $0.isPowered && $0.isFinished && ($0.hasLeft || checkers.nodes[$0.index].isOnChannel) }
      && checkers.isEverythingDelivered
  }

  /// The time is over; whoever is not done is stuck.
  private func checkRest() {
    for node in nodes where !node.isFinished {
      checkers.violate(
        "a node is stuck", node.index, "it keeps readings \(Self.restMilliseconds / 1000) s after the faults")
    }
  }
}
