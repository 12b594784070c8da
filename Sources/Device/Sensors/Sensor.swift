/// A sensor that is asked for one measurement at a time and never waits: `begin`, then `poll` when it says so.
public protocol Sensor: ~Copyable {
  /// Asks for a measurement; harmless while one runs. What fails is told by `poll`.
  mutating func begin(nowMilliseconds: UInt64)

  /// Does what is due and says how far the measurement has come. `nowMilliseconds` is the monotonic clock, read
  /// right before the call. After an error or `ready` nothing runs until the next `begin`.
  mutating func poll(nowMilliseconds: UInt64) throws(SensorError) -> SensorProgress
}

/// How far a measurement has come.
public enum SensorProgress: Equatable {
  /// None was asked for.
  case idle
  /// Nothing to do before this time; poll again then.
  case waiting(untilMilliseconds: UInt64)
  /// Done; said once.
  case ready(Measurement)
}
