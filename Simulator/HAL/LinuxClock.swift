import Glibc
public import HAL

/// The clocks of the Linux kernel: `CLOCK_MONOTONIC` and `CLOCK_REALTIME` (clock_gettime(2)).
public struct LinuxClock: HAL.Clock, Sendable {
  /// The clocks of this computer; there is nothing to set up.
  public init() {}

  /// Milliseconds since the computer started, sleep not counted.
  public func monotonicMilliseconds() -> UInt64 {
    Self.milliseconds(CLOCK_MONOTONIC)
  }

  /// UTC in milliseconds since 1970-01-01, as the computer believes it.
  public func wallMilliseconds() -> UInt64? {
    Self.milliseconds(CLOCK_REALTIME)
  }

  private static func milliseconds(_ clock: clockid_t) -> UInt64 {
    var time = timespec()
    // Cannot fail for these two clocks and valid memory; a failure would leave zero.
    clock_gettime(clock, &time)
    return UInt64(clamping: time.tv_sec) &* 1000 &+ UInt64(clamping: time.tv_nsec / 1_000_000)
  }
}
