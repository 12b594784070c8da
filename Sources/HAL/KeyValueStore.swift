/// Small values that survive a restart: NVS on a board, files on Linux.
public protocol KeyValueStore: ~Copyable {
  /// Reads the value of `key` into `output` and returns its size in bytes, or nil when there is none.
  /// `key` is ASCII, at most 15 bytes (the limit of ESP-IDF's NVS).
  mutating func readValue(for key: StaticString, into output: inout MutableSpan<UInt8>) throws(KeyValueError) -> Int?

  /// Stores `value` for `key`, to be there after a restart once this returns. Flash wears out: call rarely.
  mutating func storeValue(_ value: Span<UInt8>, for key: StaticString) throws(KeyValueError)
}

/// Why a value could not be read or stored.
public enum KeyValueError: Error, Equatable {
  /// The value is larger than the memory given for it.
  case valueTooLarge(byteCount: Int, capacityBytes: Int)
  /// The store is full.
  case full
  /// The store could not be read or written; `code` is the board's own number.
  case failed(code: Int32)
}
