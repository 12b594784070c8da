/// The limits of a ``Backoff``. All in milliseconds.
public struct BackoffParameters: Equatable, Sendable {
  /// The upper bound of the first delay; it doubles with each attempt. Half a second is soon enough for a person who
  /// watches, and long enough for an access point or a server that is just being restarted.
  public var baseMilliseconds: UInt32
  /// The upper bound that is never exceeded: after seven failures in a row an attempt comes every 30 s on average.
  public var capMilliseconds: UInt32
  /// The lower bound, which full jitter alone does not have: whatever the random numbers are, a node never connects in
  /// a tight loop. Taken as the upper bound where that is lower.
  public var minimumMilliseconds: UInt32

  /// The given limits. `capMilliseconds` 0 would mean no delay ever and is taken as 1.
  public init(
    baseMilliseconds: UInt32 = 500, capMilliseconds: UInt32 = 60_000, minimumMilliseconds: UInt32 = 100
  ) {
    self.baseMilliseconds = baseMilliseconds
    self.capMilliseconds = capMilliseconds
    self.minimumMilliseconds = minimumMilliseconds
  }
}

/// Delays between attempts: exponential with full jitter and a cap.
///
/// Each delay is uniform between the minimum and an upper bound that doubles from the base to the cap. Full jitter
/// spreads the nodes that lose their server at one moment over the whole interval, so that they do not come back at one
/// moment.
///
/// Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
public struct Backoff: Equatable, Sendable {
  /// The limits.
  public let parameters: BackoffParameters
  /// Delays handed out since the start or the last `reset`; stays at its maximum.
  public private(set) var attemptCount: UInt32 = 0
  /// The upper bound of the next delay, in milliseconds.
  public private(set) var ceilingMilliseconds: UInt32

  /// A backoff at its start.
  public init(_ parameters: BackoffParameters = BackoffParameters()) {
    self.parameters = parameters
    ceilingMilliseconds = Self.firstCeiling(parameters)
  }

  /// The delay before the next attempt, in milliseconds: at least the minimum, below the upper bound (or equal, where
  /// both are the same). `random` is any 32 random bits; a weak source is good enough.
  public mutating func nextDelayMilliseconds(random: UInt32) -> UInt32 {
    let ceiling = ceilingMilliseconds
    let floor = min(max(parameters.minimumMilliseconds, 1), ceiling)
    let cap = max(parameters.capMilliseconds, 1)
    ceilingMilliseconds = ceiling > cap / 2 ? cap : ceiling &* 2
    if attemptCount < UInt32.max { attemptCount &+= 1 }
    return floor &+ random.multipliedFullWidth(by: ceiling &- floor).high
  }

  /// Starts again with the base: to be called when a connection has proven good.
  public mutating func reset() {
    attemptCount = 0
    ceilingMilliseconds = Self.firstCeiling(parameters)
  }

  private static func firstCeiling(_ parameters: BackoffParameters) -> UInt32 {
    min(max(parameters.baseMilliseconds, 1), max(parameters.capMilliseconds, 1))
  }
}
