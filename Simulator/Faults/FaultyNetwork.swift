/// The network of a run with faults: makes the boards' sockets, and keeps connections that their boards have closed while
/// something of them is on its way, or while their servers must not notice.
public final class FaultyNetwork<Wrapped: PolledSocket & ~Copyable>: LoopParticipant {
  /// The most connections kept after their boards have closed them; the oldest has to go for one more.
  public static var keptCountMax: Int { 256 }
  /// The longest that one is kept: longer than a server takes to find out that a member is gone (96 s).
  public static var keptMilliseconds: UInt64 { 120_000 }

  let profile: FaultProfile
  let seed: UInt64
  let startMilliseconds: UInt64
  let nowMilliseconds: () -> UInt64
  let makeWrapped: () -> Wrapped
  let report: (String) -> Void
  /// What has gone wrong so far.
  public internal(set) var counters = FaultCounters()
  private var kept: [(connection: FaultyConnection<Wrapped>, endMilliseconds: UInt64)] = []
  private var socketCount: UInt64 = 0

  /// A network with the faults of `profile`, whose moments depend on `seed`. `makeSocket` makes what connections run over,
  /// `nowMilliseconds` is a monotonic clock; `report` gets a line for each connection that is reset or cut.
  public init(
    _ profile: FaultProfile, seed: UInt64, nowMilliseconds: @escaping () -> UInt64,
    makeSocket: @escaping () -> Wrapped, report: @escaping (String) -> Void = { _ in }
  ) {
    self.profile = profile
    self.seed = seed
    self.nowMilliseconds = nowMilliseconds
    makeWrapped = makeSocket
    self.report = report
    startMilliseconds = nowMilliseconds()
  }

  /// The socket of one more board. Its faults depend on how many were made before.
  public func makeSocket(for name: String) -> FaultySocket<Wrapped> {
    defer { socketCount += 1 }
    return FaultySocket(makeWrapped(), path: FaultyPath(name, number: socketCount, network: self))
  }

  /// Connections whose boards have closed them.
  public var keptCount: Int { kept.count }
  /// Whether bytes of such connections are still on their way.
  public var isDelivering: Bool { kept.contains { !$0.connection.isCut } }

  func keep(_ connection: FaultyConnection<Wrapped>, _ now: UInt64) {
    if kept.count >= Self.keptCountMax { kept.removeFirst().connection.abandon() }
    kept.append((connection, now + Self.keptMilliseconds))
  }

  /// Adds what the kept connections wait for.
  public func addInterests(to interests: inout LoopInterests) {
    for entry in kept {
      entry.connection.addInterests(to: &interests)
      interests.wake(atMilliseconds: entry.endMilliseconds)
    }
  }

  /// Delivers what is due, and lets go of what is done or has been kept long enough.
  public func serve(_ ready: LoopInterests, nowMilliseconds now: UInt64) {
    for entry in kept {
      entry.connection.advance(now)
      if entry.endMilliseconds <= now { entry.connection.abandon() }
    }
    kept.removeAll { $0.connection.isClosed }
  }
}
