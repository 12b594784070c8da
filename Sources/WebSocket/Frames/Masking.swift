/// Masking (RFC 6455, section 5.3): byte i of a payload is XORed with byte i modulo 4 of the masking key.
///
/// There are two ways, and every platform compiles both, so that the tests reach both: wide, 64 bytes at a time, where
/// the processor has vectors and unaligned access, and aligned words of 4 bytes elsewhere (RV32).
public enum Masking {
  /// Masks or unmasks `bytes` in place. `offset` is the position of the first of them in its frame's payload.
  public static func apply(_ maskingKey: UInt32, offset: Int, to bytes: inout MutableSpan<UInt8>) {
    #if arch(x86_64) || arch(arm64)
      applyWide(maskingKey, offset: offset, to: &bytes)
    #else
      applyWords(maskingKey, offset: offset, to: &bytes)
    #endif
  }

  /// Copies `source` to the start of `output` and masks it on the way; what does not fit into `output` is left out.
  /// `offset` is the position of the first byte in its frame's payload.
  public static func copy(
    _ source: Span<UInt8>, into output: inout MutableSpan<UInt8>, maskingKey: UInt32, offset: Int
  ) {
    #if arch(x86_64) || arch(arm64)
      copyWide(source, into: &output, maskingKey: maskingKey, offset: offset)
    #else
      copyWords(source, into: &output, maskingKey: maskingKey, offset: offset)
    #endif
  }

  @inline(__always)
  static func applyWide(_ maskingKey: UInt32, offset: Int, to bytes: inout MutableSpan<UInt8>) {
    let word = keyWord(maskingKey, offset: offset)
    bytes.withUnsafeMutableBytes { maskWide(UnsafeRawBufferPointer($0), into: $0, word) }
  }

  @inline(__always)
  static func copyWide(
    _ source: Span<UInt8>, into output: inout MutableSpan<UInt8>, maskingKey: UInt32, offset: Int
  ) {
    let word = keyWord(maskingKey, offset: offset)
    let part = source.extracting(first: output.count)
    part.withUnsafeBytes { from in
      output.withUnsafeMutableBytes { to in maskWide(from, into: to, word) }
    }
  }

  @inline(__always)
  static func applyWords(_ maskingKey: UInt32, offset: Int, to bytes: inout MutableSpan<UInt8>) {
    let word = keyWord(maskingKey, offset: offset)
    bytes.withUnsafeMutableBytes { maskWords(UnsafeRawBufferPointer($0), into: $0, word) }
  }

  @inline(__always)
  static func copyWords(
    _ source: Span<UInt8>, into output: inout MutableSpan<UInt8>, maskingKey: UInt32, offset: Int
  ) {
    let word = keyWord(maskingKey, offset: offset)
    let part = source.extracting(first: output.count)
    part.withUnsafeBytes { from in
      output.withUnsafeMutableBytes { to in maskWords(from, into: to, word) }
    }
  }

  /// XORs `from`, which is not longer than `to`, into `to`; both may be the same memory.
  private static func maskWide(_ from: UnsafeRawBufferPointer, into to: UnsafeMutableRawBufferPointer, _ word: UInt32) {
    let count = from.count
    let wide = SIMD16<UInt32>(repeating: word)
    let double = UInt64(truncatingIfNeeded: word) &* 0x1_0000_0001
    var index = 0
    while index &+ 64 <= count {
      let masked = from.loadUnaligned(fromByteOffset: index, as: SIMD16<UInt32>.self) ^ wide
      to.storeBytes(of: masked, toByteOffset: index, as: SIMD16<UInt32>.self)
      index &+= 64
    }
    while index &+ 8 <= count {
      let masked = from.loadUnaligned(fromByteOffset: index, as: UInt64.self) ^ double
      to.storeBytes(of: masked, toByteOffset: index, as: UInt64.self)
      index &+= 8
    }
    while index < count {
      to[index] = from[index] ^ keyByte(word, index)
      index &+= 1
    }
  }

  /// The same with words that are stored aligned. They are loaded aligned too where source and target are a multiple of
  /// 4 bytes apart, always so in place.
  private static func maskWords(_ from: UnsafeRawBufferPointer, into to: UnsafeMutableRawBufferPointer, _ word: UInt32)
  {
    let count = from.count
    let target = UInt(bitPattern: to.baseAddress)
    let head = min(count, Int(bitPattern: (4 &- target & 3) & 3))
    var index = 0
    while index < head {
      to[index] = from[index] ^ keyByte(word, index)
      index &+= 1
    }
    let aligned = rotated(word, by: head)
    if (target &- UInt(bitPattern: from.baseAddress)) & 3 == 0 {
      while index &+ 4 <= count {
        to.storeBytes(
          of: from.load(fromByteOffset: index, as: UInt32.self) ^ aligned, toByteOffset: index, as: UInt32.self)
        index &+= 4
      }
    } else {
      while index &+ 4 <= count {
        let loaded = from.loadUnaligned(fromByteOffset: index, as: UInt32.self)
        to.storeBytes(of: loaded ^ aligned, toByteOffset: index, as: UInt32.self)
        index &+= 4
      }
    }
    while index < count {
      to[index] = from[index] ^ keyByte(word, index)
      index &+= 1
    }
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
}
