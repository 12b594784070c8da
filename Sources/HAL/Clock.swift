/// Time, as a board knows it.
public protocol Clock: ~Copyable {
  /// Milliseconds since an arbitrary start, usually the boot; never goes back.
  func monotonicMilliseconds() -> UInt64

  /// UTC in milliseconds since 1970-01-01, or nil as long as the board does not know the time (before SNTP, say).
  func wallMilliseconds() -> UInt64?
}
