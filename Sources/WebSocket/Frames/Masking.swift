/// Masking (RFC 6455, section 5.3): byte i of a payload is XORed with byte i modulo 4 of the masking key.
///
/// Both forms work in machine words: 32 bytes at a time where the processor has vectors and unaligned loads, aligned
/// 4-byte words elsewhere (RV32).
public enum Masking {
  /// Masks or unmasks `bytes` in place. `offset` is the position of the first of them in its frame's payload.
  public static func apply(_ maskingKey: UInt32, offset: Int, to bytes: inout MutableSpan<UInt8>) {
    var raw = bytes.mutableBytes
    var word = keyWord(maskingKey, offset: offset)
    var index = 0
    #if arch(x86_64) || arch(arm64)
      index = applyWide(word, to: &raw)
    #else
      let head = min(raw.byteCount, bytesToAlignment(raw))
      while index < head {
        maskByte(of: &raw, at: index, with: keyByte(word, index))
        index &+= 1
      }
      word = rotated(word, by: head)
      while index &+ 4 <= raw.byteCount {
        let masked = raw.unsafeLoad(fromByteOffset: index, as: UInt32.self) ^ word
        raw.storeBytes(of: masked, toByteOffset: index, as: UInt32.self)
        index &+= 4
      }
      word = rotated(word, by: 4 &- (head & 3))
    #endif
    while index < raw.byteCount {
      maskByte(of: &raw, at: index, with: keyByte(word, index))
      index &+= 1
    }
  }

  /// Copies `source` to the start of `output`, which must be at least as long, and masks it on the way.
  /// `offset` is the position of the first byte in its frame's payload.
  public static func copy(
    _ source: Span<UInt8>, into output: inout MutableSpan<UInt8>, maskingKey: UInt32, offset: Int
  ) {
    let count = min(source.count, output.count)
    #if arch(x86_64) || arch(arm64)
      copyWide(source.bytes, into: &output, count: count, word: keyWord(maskingKey, offset: offset))
    #else
      for index in 0..<count { output[index] = source[index] }
      var copied = output._mutatingExtracting(first: count)
      apply(maskingKey, offset: offset, to: &copied)
    #endif
  }

  /// The key as the word that, in memory, XORs four payload bytes from position `offset` on.
  @inline(__always)
  private static func keyWord(_ maskingKey: UInt32, offset: Int) -> UInt32 {
    rotated(UInt32(bigEndian: maskingKey), by: offset)
  }

  /// The key word for a start `byteCount` bytes further on.
  @inline(__always)
  private static func rotated(_ word: UInt32, by byteCount: Int) -> UInt32 {
    let bits = UInt32(truncatingIfNeeded: byteCount & 3) &* 8
    return word &>> bits | word &<< ((32 &- bits) & 31)
  }

  @inline(__always)
  private static func keyByte(_ word: UInt32, _ index: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: word &>> (UInt32(truncatingIfNeeded: index & 3) &* 8))
  }

  @inline(__always)
  private static func maskByte(of raw: inout MutableRawSpan, at index: Int, with key: UInt8) {
    let masked = raw.unsafeLoad(fromByteOffset: index, as: UInt8.self) ^ key
    raw.storeBytes(of: masked, toByteOffset: index, as: UInt8.self)
  }

  #if arch(x86_64) || arch(arm64)
    /// Masks all but the last bytes, fewer than four, and returns where those start.
    @inline(__always)
    private static func applyWide(_ word: UInt32, to raw: inout MutableRawSpan) -> Int {
      let wide = SIMD16<UInt32>(repeating: word)
      let count = raw.byteCount
      return raw.withUnsafeMutableBytes { bytes in
        var index = 0
        while index &+ 64 <= count {
          let masked = bytes.loadUnaligned(fromByteOffset: index, as: SIMD16<UInt32>.self) ^ wide
          bytes.storeBytes(of: masked, toByteOffset: index, as: SIMD16<UInt32>.self)
          index &+= 64
        }
        while index &+ 8 <= count {
          let masked = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) ^ UInt64(word) &* 0x1_0000_0001
          bytes.storeBytes(of: masked, toByteOffset: index, as: UInt64.self)
          index &+= 8
        }
        return index
      }
    }

    @inline(__always)
    private static func copyWide(
      _ source: RawSpan, into output: inout MutableSpan<UInt8>, count: Int, word: UInt32
    ) {
      let wide = SIMD16<UInt32>(repeating: word)
      source.withUnsafeBytes { from in
        output.withUnsafeMutableBytes { to in
          var index = 0
          while index &+ 64 <= count {
            let masked = from.loadUnaligned(fromByteOffset: index, as: SIMD16<UInt32>.self) ^ wide
            to.storeBytes(of: masked, toByteOffset: index, as: SIMD16<UInt32>.self)
            index &+= 64
          }
          while index &+ 8 <= count {
            let masked = from.loadUnaligned(fromByteOffset: index, as: UInt64.self) ^ UInt64(word) &* 0x1_0000_0001
            to.storeBytes(of: masked, toByteOffset: index, as: UInt64.self)
            index &+= 8
          }
          while index < count {
            to[index] = from[index] ^ keyByte(word, index)
            index &+= 1
          }
        }
      }
    }
  #else
    @inline(__always)
    private static func bytesToAlignment(_ raw: borrowing MutableRawSpan) -> Int {
      raw.withUnsafeBytes { bytes in
        let address = UInt(bitPattern: bytes.baseAddress)
        return Int(bitPattern: (4 &- address & 3) & 3)
      }
    }
  #endif
}
