/// What is to go wrong on the network on purpose: the value of `--faults`.
///
/// TCP hides most of it, and so it is here: bytes never change, and never overtake each other. What is lost comes later,
/// and everything behind it waits.
public struct FaultProfile: Equatable, Sendable {
  /// So many faults in so much time, on average, at moments that know nothing of each other (a Poisson process).
  public struct Rate: Equatable, Sendable {
    /// How many, at least 1.
    public var count: Int
    /// In this time.
    public var periodMilliseconds: UInt64

    /// The mean time from one to the next.
    public var meanMilliseconds: Double { Double(periodMilliseconds) / Double(count) }
  }

  /// The network is away for the last part of each period, from the start of the run on.
  public struct Outage: Equatable, Sendable {
    /// How long it is away; less than the period.
    public var durationMilliseconds: UInt64
    /// The time from one end of it to the next.
    public var periodMilliseconds: UInt64
  }

  /// How long bytes travel, in each direction.
  public var latencyMilliseconds: ClosedRange<UInt64> = 0...0
  /// How many of 100,000 segments do not arrive at the first try.
  public var lossPer100000: UInt32 = 0
  /// How often a connection ends by RST, for both sides; what is on its way is lost.
  public var reset: Rate?
  /// How often a connection goes dead: no byte passes any more, in either direction, and nobody is told.
  public var cut: Rate?
  /// When nothing passes at all.
  public var outage: Outage?

  /// Nothing goes wrong.
  public init() {}

  /// Whether nothing passes at this time, counted from the start of the run.
  func isDown(atMilliseconds time: UInt64) -> Bool {
    guard let outage else { return false }
    return time % outage.periodMilliseconds >= outage.periodMilliseconds - outage.durationMilliseconds
  }
}

/// What has gone wrong on purpose so far.
public struct FaultCounters: Equatable, Sendable {
  /// Connections reset.
  public var resets = 0
  /// Connections cut.
  public var cuts = 0
  /// Segments that did not arrive at a try.
  public var losses = 0

  /// One line for a person.
  var text: String { "faults: \(resets) resets, \(cuts) cuts, \(losses) losses" }
  /// One JSON object.
  var json: String { "{\"resets\":\(resets),\"cuts\":\(cuts),\"losses\":\(losses)}" }
}
