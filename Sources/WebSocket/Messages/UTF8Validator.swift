/// Checks UTF-8 as it arrives, in pieces of any size, and fails at the first byte that cannot be right
/// (RFC 3629; Unicode, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF).
public struct UTF8Validator: Sendable {
  /// Continuation bytes still due, and the range in which the next one must be.
  private var due: UInt8 = 0
  private var lowest: UInt8 = 0x80
  private var highest: UInt8 = 0xBF

  /// A validator at the start of a text.
  public init() {}

  /// Whether the bytes so far end with a whole character.
  public var isComplete: Bool { due == 0 }

  /// Checks the next bytes; returns the index of the first bad one, or nil.
  public mutating func firstInvalidIndex(in bytes: Span<UInt8>) -> Int? {
    let raw = bytes.bytes
    var index = 0
    while index < bytes.count {
      if due == 0 {
        index = skipASCII(raw, from: index)
        guard index < bytes.count else { break }
      }
      guard accept(bytes[index]) else { return index }
      index &+= 1
    }
    return nil
  }

  /// The size of the longest start of `bytes` that is UTF-8 and ends with a whole character.
  static func validPrefixCount(of bytes: Span<UInt8>) -> Int {
    var validator = UTF8Validator()
    var count = 0
    for index in bytes.indices {
      guard validator.accept(bytes[index]) else { break }
      if validator.isComplete { count = index &+ 1 }
    }
    return count
  }

  private func skipASCII(_ raw: RawSpan, from start: Int) -> Int {
    var index = start
    while index &+ 8 <= raw.byteCount {
      let word = raw.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
      guard word & 0x8080_8080_8080_8080 == 0 else { break }
      index &+= 8
    }
    while index < raw.byteCount, raw.unsafeLoad(fromByteOffset: index, as: UInt8.self) < 0x80 { index &+= 1 }
    return index
  }

  private mutating func accept(_ byte: UInt8) -> Bool {
    if due > 0 {
      guard byte >= lowest, byte <= highest else { return false }
      due &-= 1
      (lowest, highest) = (0x80, 0xBF)
      return true
    }
    switch byte {
    case 0x00...0x7F: return true
    case 0xC2...0xDF: expect(1, 0x80, 0xBF)
    case 0xE0: expect(2, 0xA0, 0xBF)
    case 0xED: expect(2, 0x80, 0x9F)
    case 0xE1...0xEF: expect(2, 0x80, 0xBF)
    case 0xF0: expect(3, 0x90, 0xBF)
    case 0xF1...0xF3: expect(3, 0x80, 0xBF)
    case 0xF4: expect(3, 0x80, 0x8F)
    default: return false
    }
    return true
  }

  private mutating func expect(_ count: UInt8, _ lowest: UInt8, _ highest: UInt8) {
    (due, self.lowest, self.highest) = (count, lowest, highest)
  }
}
