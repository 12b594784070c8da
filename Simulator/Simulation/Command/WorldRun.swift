/// How a run is cut into worlds, each of which can be run alone.
struct WorldPlan: Sendable {
  static let nodesPerWorld = 20
  static let hoursPerWorld = 50

  var seed: UInt64
  var hours: Int
  var nodes: Int
  var profile: WorldFaultProfile

  private var groups: Int { (nodes + Self.nodesPerWorld - 1) / Self.nodesPerWorld }
  private var parts: Int { (hours + Self.hoursPerWorld - 1) / Self.hoursPerWorld }
  var worldCount: Int { groups * parts }

  /// The world with this number; above `worldCount` they go on, for a run without end.
  func settings(_ index: Int) -> WorldSettings {
    let sekrit = Secret(copying: Array("sekrit".utf8).span)
    let group = index % groups
    let part = index / groups % parts
    let nodeCount = min(Self.nodesPerWorld, nodes - group * Self.nodesPerWorld)
    let hours = min(Self.hoursPerWorld, hours - part * Self.hoursPerWorld)
    return WorldSettings(
      seed: seed, index: index, nodeCount: nodeCount, milliseconds: UInt64(hours) * 3_600_000, profile: profile,
      // Every third server has a key.
      key: index % 3 == 2 ? sekrit : nil)
  }
}

/// What came of one world.
struct WorldResult: Sendable {
  var index: Int
  var nodeHours: Int
  var totals: WorldTotals
  var digest: UInt64
  var recordCount: Int
  var failure: WorldFailure?

  /// Makes the world and runs it, as long as `isWanted`.
  static func run(
    _ settings: WorldSettings, while isWanted: () -> Bool = { true }, onRecord: ((String) -> Void)? = nil
  ) throws -> WorldResult {
    let world = try World(settings)
    let names = world.names
    if let onRecord { world.trace.onRecord = { onRecord($0.text(names)) } }
    world.run(while: isWanted)
    let hours = Int(min(world.now, settings.milliseconds) / 3_600_000)
    return WorldResult(
      index: settings.index, nodeHours: settings.nodeCount * hours, totals: world.checkers.totals,
      digest: world.trace.digest, recordCount: world.trace.recordCount,
      failure: world.checkers.violation.map { violation in
        WorldFailure(violation: violation, trace: world.trace.recent(violation.client).map { $0.text(names) })
      })
  }
}

/// A violation with the trace around it.
struct WorldFailure: Sendable {
  var violation: Violation
  var trace: [String]
}
