/// SipHash-2-4 with a 64-bit result, fed piece by piece.
///
/// Mles v2 uses it with the zero key, as a check sum of identities (see ``Authentication``) and of payloads (see
/// ``HistoryFilter``): with a key that everybody knows it is no message authentication code.
///
/// Source: J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast short-input PRF", 2012, section 2.
public struct SipHash24 {
  private var v0: UInt64
  private var v1: UInt64
  private var v2: UInt64
  private var v3: UInt64
  /// The bytes of the message word that is not complete yet, the first of them lowest.
  private var tail: UInt64 = 0
  /// Bytes fed so far; only the lowest 8 bits get into the result, so that wrapping is right.
  private var byteCount: UInt32 = 0

  /// A hash of nothing yet, with the 128-bit key as two words: `key0` is its first 8 bytes, little endian.
  public init(key0: UInt64 = 0, key1: UInt64 = 0) {
    v0 = key0 ^ 0x736f_6d65_7073_6575
    v1 = key1 ^ 0x646f_7261_6e64_6f6d
    v2 = key0 ^ 0x6c79_6765_6e65_7261
    v3 = key1 ^ 0x7465_6462_7974_6573
  }

  /// Adds one byte.
  public mutating func update(_ byte: UInt8) {
    tail |= UInt64(truncatingIfNeeded: byte) &<< UInt64(truncatingIfNeeded: (byteCount & 7) &* 8)
    byteCount &+= 1
    if byteCount & 7 == 0 {
      compress(tail)
      tail = 0
    }
  }

  /// Adds all of `bytes`. How a message is split into pieces does not change its hash.
  public mutating func update(_ bytes: Span<UInt8>) {
    var index = 0
    while index < bytes.count, byteCount & 7 != 0 {
      update(bytes[index])
      index += 1
    }
    let raw = bytes.bytes
    while bytes.count - index >= 8 {
      // In bounds: at least 8 bytes are left from `index` on.
      compress(UInt64(littleEndian: unsafe raw.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)))
      byteCount &+= 8
      index += 8
    }
    while index < bytes.count {
      update(bytes[index])
      index += 1
    }
  }

  /// The hash of everything added so far; more can be added afterwards.
  public func finalize() -> UInt64 {
    var state = self
    state.compress(tail | (UInt64(truncatingIfNeeded: byteCount) &<< 56))
    state.v2 ^= 0xff
    for _ in 0..<4 { state.round() }
    return state.v0 ^ state.v1 ^ state.v2 ^ state.v3
  }

  /// The hash of `bytes` in one go.
  public static func hash(_ bytes: Span<UInt8>, key0: UInt64 = 0, key1: UInt64 = 0) -> UInt64 {
    var state = SipHash24(key0: key0, key1: key1)
    state.update(bytes)
    return state.finalize()
  }

  private mutating func compress(_ word: UInt64) {
    v3 ^= word
    round()
    round()
    v0 ^= word
  }

  @inline(__always)
  private mutating func round() {
    v0 = v0 &+ v1
    v1 = Self.rotate(v1, left: 13) ^ v0
    v0 = Self.rotate(v0, left: 32)
    v2 = v2 &+ v3
    v3 = Self.rotate(v3, left: 16) ^ v2
    v0 = v0 &+ v3
    v3 = Self.rotate(v3, left: 21) ^ v0
    v2 = v2 &+ v1
    v1 = Self.rotate(v1, left: 17) ^ v2
    v2 = Self.rotate(v2, left: 32)
  }

  @inline(__always)
  private static func rotate(_ word: UInt64, left count: UInt64) -> UInt64 {
    (word &<< count) | (word &>> (64 &- count))
  }
}
