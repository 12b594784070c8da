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

  /// Checks the next bytes; returns the index of the first bad one, or nil. When they are the last, and end within a
  /// character, that is an index behind the end.
  @inline(never)
  public mutating func firstInvalidIndex(in bytes: Span<UInt8>, isLast: Bool = false) -> Int? {
    var index = 0
    while index < bytes.count {
      #if arch(x86_64) || arch(arm64)
        if due == 0 {
          index = skipASCII(bytes.bytes, from: index)
          guard index < bytes.count else { break }
        }
      #endif
      guard accept(bytes[index]) else { return index }
      index &+= 1
    }
    return isLast && !isComplete ? index : nil
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

  #if arch(x86_64) || arch(arm64)
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
  #endif

  private mutating func accept(_ byte: UInt8) -> Bool {
    if due > 0 {
      guard byte >= lowest, byte <= highest else { return false }
      due &-= 1
      (lowest, highest) = (0x80, 0xBF)
      return true
    }
    switch byte {
    case 0x00...0x7F: return true
    case 0xC2...0xDF: due = 1
    case 0xE0...0xEF: due = 2
    case 0xF0...0xF4: due = 3
    default: return false
    }
    switch byte {
    case 0xE0: lowest = 0xA0
    case 0xED: highest = 0x9F
    case 0xF0: lowest = 0x90
    case 0xF4: highest = 0x8F
    default: break
    }
    return true
  }
}
