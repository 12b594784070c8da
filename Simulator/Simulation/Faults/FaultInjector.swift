import HAL

/// Lets things go wrong in a world, as its profile says. Each kind of fault has random numbers of its own.
final class FaultInjector {
  /// A fault that lasts.
  struct Active {
    var kind: FaultKind
    /// The client, or -1.
    var client: Int
    /// The clients of a partition.
    var group: [Int] = []
    /// A step of a fault that has several.
    var step = 0
  }

  unowned(unsafe) let world: World
  private let rules: [FaultRule]
  private var randoms: [SimulationRandom]
  private var active: [Active?] = []
  private var isOn = true

  init(world: World, rules: [FaultRule], seed: UInt64) {
    self.world = world
    self.rules = rules
    randoms = rules.map { SimulationRandom(seed: seed, actor: 0xFA01_0000 + UInt64($0.kind.rawValue)) }
  }

  func start() {
    for index in rules.indices { scheduleNext(index) }
  }

  /// No more faults; those that are on end now.
  func stop() {
    isOn = false
    for slot in active.indices { end(slot, isOver: true) }
  }

  private func scheduleNext(_ index: Int) {
    let rule = rules[index]
    var mean = UInt64(rule.everyMinutes) * 60_000
    if rule.kind.isOfOneClient { mean /= UInt64(world.clientCount) }
    world.events.insert(.faultBegins, at: world.now + 1 + randoms[index].below(2 * mean), target: index)
  }

  func begin(_ index: Int) {
    guard isOn else { return }
    scheduleNext(index)
    let rule = rules[index]
    // Faults of boards are for nodes only.
    let isForAll = !rule.kind.isOfBoards
    let client = rule.kind.isOfOneClient ? randoms[index].below(isForAll ? world.clientCount : world.nodes.count) : -1
    let duration = randoms[index].spread(rule.durationMilliseconds)
    guard apply(rule.kind, client, duration, &randoms[index]) else { return }
    world.checkers.totals.faults[rule.kind.rawValue] += 1
    world.note(.faultBegins, client, rule.kind.rawValue, Int(duration))
    let end = world.now + duration
    if client >= 0 {
      let noticed = rule.kind.isOfConnections ? Checkers.silenceMilliseconds : 0
      world.checkers.disturbed(client, untilMilliseconds: end, noticedMilliseconds: noticed)
    } else if rule.kind != .partition, rule.kind != .overrun {
      for client in 0..<world.clientCount { world.checkers.disturbed(client, untilMilliseconds: end) }
    }
  }

  /// False when the fault makes no sense now.
  private func apply(
    _ kind: FaultKind, _ client: Int, _ duration: UInt64, _ random: inout SimulationRandom
  ) -> Bool {
    if kind.isOfConnections { return harm(kind, client, &random) }
    switch kind {
    case .link: return beginLinkFault(client, duration, &random)
    case .delay:
      guard !isActive(kind, client) else { return false }
      world.port(client).extraDelayMilliseconds = random.spread(200...10_000)
      remember(Active(kind: kind, client: client), duration)
    case .names:
      guard !isActive(kind, client) else { return false }
      world.port(client).nameService = random.chance(500_000) ? .fails : .isSilent
      remember(Active(kind: kind, client: client), duration)
    case .partition: return beginPartition(duration, &random)
    case .power, .sensor, .store, .busy: return harmBoard(kind, client, duration, &random)
    default:
      return harmServer(kind, duration, &random)
    }
    return true
  }

  // MARK: Connections

  private func harm(_ kind: FaultKind, _ client: Int, _ random: inout SimulationRandom) -> Bool {
    guard let connection = world.port(client).connection, !connection.isClosedByServer else { return false }
    switch kind {
    case .reset:
      let who = random.below(4)
      if who != 1 { world.network.reset(connection, .up) }
      if who != 2 { world.network.reset(connection, .down) }
    case .uplinkDeath: connection.up.isSevered = true
    case .downlinkDeath: connection.down.isSevered = true
    case .cut:
      let pipe = random.chance(500_000) ? connection.up : connection.down
      pipe.remainingCount = random.below(random.chance(500_000) ? 120 : 2_000)
      pipe.cut = random.chance(500_000) ? .reset : .silence
    default: (connection.up.isSevered, connection.down.isSevered) = (true, true)
    }
    world.note(.severed, client, connection.serial, kind.rawValue)
    return true
  }

  private func beginLinkFault(_ client: Int, _ duration: UInt64, _ random: inout SimulationRandom) -> Bool {
    guard !isActive(.link, client) else { return false }
    let port = world.port(client)
    let address = random.chance(600_000) ? random.spread(100...10_000) : 0
    beginOutage(port, until: world.now + duration + address)
    if random.chance(400_000), let connection = port.connection {
      (connection.up.isSevered, connection.down.isSevered) = (true, true)
    }
    world.setLink(client, .down)
    world.checkers.disturbed(client, untilMilliseconds: world.now + duration + address)
    remember(Active(kind: .link, client: client, step: Int(address)), duration)
    return true
  }

  private func beginPartition(_ duration: UInt64, _ random: inout SimulationRandom) -> Bool {
    guard !isActive(.partition, -1) else { return false }
    let share = 100_000 + random.below(900_000)
    let group = (0..<world.clientCount).filter { _ in random.chance(share) }
    for client in group {
      beginOutage(world.port(client), until: world.now + duration)
      world.checkers.disturbed(client, untilMilliseconds: world.now + duration)
    }
    remember(Active(kind: .partition, client: -1, group: group), duration)
    return true
  }

  private func beginOutage(_ port: ClientPort, until end: UInt64) {
    port.outageCount += 1
    port.outageEndMilliseconds = max(port.outageEndMilliseconds, end)
  }

  private func endOutage(_ port: ClientPort) {
    port.outageCount -= 1
    if port.outageCount == 0 { port.outageEndMilliseconds = world.now }
  }

  // MARK: Boards

  private func harmBoard(
    _ kind: FaultKind, _ client: Int, _ duration: UInt64, _ random: inout SimulationRandom
  ) -> Bool {
    let node = world.nodes[client]
    switch kind {
    case .power:
      guard node.isPowered else { return false }
      node.hardware.wallKnownMilliseconds =
        world.now + duration + random.spread(1...max(1, world.settings.profile.wallDelayMillisecondsMax))
      if random.chance(300_000), let connection = world.port(client).connection {
        (connection.up.isSevered, connection.down.isSevered) = (true, true)
      }
      node.powerOff(milliseconds: duration)
    case .busy: node.keepBusy(milliseconds: duration)
    default:
      guard !isActive(kind, client) else { return false }
      if kind == .store {
        node.hardware.isStoreFailing = true
      } else {
        switch random.below(4) {
        case 0: node.hardware.sensorFaults.isAbsent = true
        case 1: node.hardware.sensorFaults.isBusStuck = true
        case 2: node.hardware.sensorFaults.isNeverReady = true
        default: node.hardware.sensorFaults.corruptChecksumEvery = 1 + random.below(5)
        }
      }
      remember(Active(kind: kind, client: client), duration)
    }
    return true
  }

  // MARK: Server

  private func harmServer(_ kind: FaultKind, _ duration: UInt64, _ random: inout SimulationRandom) -> Bool {
    let server = world.server
    guard server.isRunning, !isActive(kind, -1) else { return false }
    switch kind {
    case .restart:
      server.stop(ServerModel.Ending(rawValue: random.below(3)) ?? .finish, milliseconds: duration)
    case .stall: server.stall(milliseconds: duration)
    case .overrun: world.overrunHistories(count: 1 + random.below(server.historyLimit * 2), &random)
    case .mute: server.manners = .isMute
    case .unavailable: server.manners = .isUnavailable
    case .slow: server.upgradeDelayMilliseconds = random.spread(500...15_000)
    default: server.key = Secret(copying: Array("another key".utf8).span)
    }
    if kind != .restart, kind != .stall, kind != .overrun { remember(Active(kind: kind, client: -1), duration) }
    return true
  }

  // MARK: Ends

  private func isActive(_ kind: FaultKind, _ client: Int) -> Bool {
    active.contains { $0?.kind == kind && $0?.client == client }
  }

  private func remember(_ fault: Active, _ duration: UInt64) {
    let slot = active.firstIndex { $0 == nil } ?? active.count
    if slot == active.count { active.append(nil) }
    active[slot] = fault
    world.events.insert(.faultEnds, at: world.now + duration, target: slot, value: fault.kind.rawValue)
  }

  /// The fault in `slot` ends; with `isOver` at once, whatever steps it has left.
  func end(_ slot: Int, isOver: Bool = false) {
    guard let fault = active[slot] else { return }
    if fault.kind == .link, fault.step > 0, !isOver {
      active[slot]?.step = 0
      world.setLink(fault.client, .acquiringAddress)
      return world.events.insert(.faultEnds, at: world.now + UInt64(fault.step), target: slot)
    }
    active[slot] = nil
    world.note(.faultEnds, fault.client, fault.kind.rawValue)
    switch fault.kind {
    case .link:
      endOutage(world.port(fault.client))
      world.setLink(fault.client, .up)
    case .partition: for client in fault.group { endOutage(world.port(client)) }
    case .delay: world.port(fault.client).extraDelayMilliseconds = 0
    case .names: world.port(fault.client).nameService = .works
    case .sensor: world.nodes[fault.client].hardware.sensorFaults = SimulatedSHTC3.Faults()
    case .store: world.nodes[fault.client].hardware.isStoreFailing = false
    case .mute, .unavailable: world.server.manners = .answers
    case .slow: world.server.upgradeDelayMilliseconds = 0
    case .key: world.server.key = world.settings.key
    case .reset, .death, .uplinkDeath, .downlinkDeath, .cut, .power, .busy, .restart, .stall, .overrun: break
    }
  }
}

extension FaultKind {
  /// Whether it strikes one connection.
  var isOfConnections: Bool {
    switch self {
    case .reset, .death, .uplinkDeath, .downlinkDeath, .cut: true
    default: false
    }
  }

  /// Whether it strikes one client, and not the server or many.
  var isOfOneClient: Bool {
    switch self {
    case .partition, .restart, .stall, .mute, .unavailable, .key, .slow, .overrun: false
    default: true
    }
  }

  /// Whether it is about a board, so that subscribers are safe from it.
  var isOfBoards: Bool {
    switch self {
    case .power, .sensor, .store, .busy: true
    default: false
    }
  }
}
