import Bytes

/// SipHash-2-4 with a 64-bit result, fed piece by piece.
///
/// Mles v2 uses it with the zero key, as a check sum of identities (see ``Authentication``) and of payloads (see
/// ``HistoryFilter``): with a key that everybody knows it is no message authentication code.
///
/// Source: J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast short-input PRF", 2012, section 2.
public struct SipHash24: BitwiseCopyable {
  private var v0: UInt64
  private var v1: UInt64
  private var v2: UInt64
  private var v3: UInt64
  /// The last 8 bytes fed, the latest of them highest.
  private var word: UInt64 = 0
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
  @inline(never)
  public mutating func update(_ byte: UInt8) {
    word = word &>> 8 | UInt64(extending: byte) &<< 56
    byteCount &+= 1
    if byteCount & 7 == 0 {
      v3 ^= word
      mix(rounds: 2)
      v0 ^= word
    }
  }

  /// Adds all of `bytes`. How a message is split into pieces does not change its hash.
  public mutating func update(_ bytes: Span<UInt8>) {
    for index in bytes.indices { update(bytes[index]) }
  }

  /// The hash of everything added; nothing can be added afterwards.
  public mutating func finalize() -> UInt64 {
    let count = UInt8(truncatingIfNeeded: byteCount)
    while byteCount & 7 != 7 { update(0) }
    update(count)
    v2 ^= 0xff
    mix(rounds: 4)
    return v0 ^ v1 ^ v2 ^ v3
  }

  /// The hash of `bytes` in one go.
  public static func hash(_ bytes: Span<UInt8>, key0: UInt64 = 0, key1: UInt64 = 0) -> UInt64 {
    var state = SipHash24(key0: key0, key1: key1)
    state.update(bytes)
    return state.finalize()
  }

  @inline(never)
  private mutating func mix(rounds: Int) {
    for _ in 0..<rounds {
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
  }

  @inline(__always)
  private static func rotate(_ word: UInt64, left count: UInt64) -> UInt64 {
    (word &<< count) | (word &>> (64 &- count))
  }
}
