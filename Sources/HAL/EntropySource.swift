/// Random bytes that an attacker cannot predict.
public protocol EntropySource: ~Copyable {
  /// Fills all of `bytes`, at once.
  mutating func fill(_ bytes: inout MutableSpan<UInt8>) throws(EntropyError)
}

/// Why there is no randomness.
public enum EntropyError: Error, Equatable {
  /// The generator does not answer; `code` is the board's own.
  case unavailable(code: Int32)
}
