import Bytes

/// Bytes of HTTP: comparisons without regard to case, and lists of tokens (RFC 9110, section 5.6).
enum HTTPToken {
  static func lowercased(_ byte: UInt8) -> UInt8 {
    byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
  }

  /// Whether both are the same, whatever the case of the letters.
  static func equalsIgnoringCase(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
    guard left.count == right.count else { return false }
    for index in left.indices where lowercased(left[index]) != lowercased(right[index]) { return false }
    return true
  }

  /// `tchar` of RFC 9110, section 5.6.2.
  static func isTokenCharacter(_ byte: UInt8) -> Bool {
    // A bit for each character of ASCII.
    let bits: UInt32 =
      switch byte &>> 5 {
      case 1: 0x03FF_6CFA
      case 2: 0xC7FF_FFFE
      case 3: 0x57FF_FFFF
      default: 0
      }
    return bits &>> UInt32(truncatingIfNeeded: byte & 31) & 1 != 0
  }

  static func isToken(_ bytes: Span<UInt8>) -> Bool {
    for index in bytes.indices where !isTokenCharacter(bytes[index]) { return false }
    return bytes.count > 0
  }

  /// A registered name or IPv4 address of RFC 3986, section 3.2.2, in the form in which it is looked up: letters, digits
  /// and `-._~`.
  static func isHostName(_ bytes: Span<UInt8>) -> Bool {
    for index in bytes.indices {
      switch lowercased(bytes[index]) {
      case 0x30...0x39, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: continue
      default: return false
      }
    }
    return bytes.count > 0
  }

  /// Whether `bytes` look like an IPv6 address, with or without brackets: hexadecimal digits, dots, and colons.
  static func isIPv6Address(_ bytes: Span<UInt8>) -> Bool {
    let hasBrackets = bytes.count > 2 && bytes[0] == 0x5B && bytes[bytes.count &- 1] == 0x5D
    let address = hasBrackets ? bytes.extracting(1..<(bytes.count &- 1)) : bytes
    var colons = 0
    for index in address.indices {
      switch address[index] {
      case 0x3A: colons &+= 1
      case 0x2E, 0x30...0x39, 0x41...0x46, 0x61...0x66: continue
      default: return false
      }
    }
    return colons >= 2
  }

  /// Whether `bytes` can stand in a request line as path and query: visible ASCII that starts with `/`, no `#`.
  static func isTarget(_ bytes: Span<UInt8>) -> Bool {
    guard bytes.count > 0, bytes[0] == 0x2F else { return false }
    for index in bytes.indices where bytes[index] == 0x23 || !isVisible(bytes[index]) { return false }
    return true
  }

  /// Whether `bytes` are visible ASCII, and one character at least.
  static func isVisible(_ bytes: Span<UInt8>) -> Bool {
    for index in bytes.indices where !isVisible(bytes[index]) { return false }
    return bytes.count > 0
  }

  /// A character of ASCII that is neither a space nor a control character.
  static func isVisible(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7F }

  /// `bytes` without spaces and tabs at both ends.
  @_lifetime(copy bytes)
  static func trimmed(_ bytes: Span<UInt8>) -> Span<UInt8> {
    bytes.extracting(trimmed(0..<bytes.count, of: bytes))
  }

  private static func trimmed(_ range: Range<Int>, of bytes: Span<UInt8>) -> Range<Int> {
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end, isBlank(bytes[start]) { start &+= 1 }
    while end > start, isBlank(bytes[end &- 1]) { end &-= 1 }
    return start..<end
  }

  /// The range of the next non-empty element of the comma-separated list `list` from `position` on, or nil.
  static func nextElement(of list: Span<UInt8>, from position: inout Int) -> Range<Int>? {
    while position < list.count {
      let start = position
      while position < list.count, list[position] != 0x2C { position &+= 1 }
      let element = trimmed(start..<position, of: list)
      position &+= 1
      if !element.isEmpty { return element }
    }
    return nil
  }

  /// Whether the comma-separated list `list` has the element `token`, whatever the case of its letters.
  static func list(_ list: Span<UInt8>, contains token: StaticString) -> Bool {
    var position = 0
    while let range = nextElement(of: list, from: &position) {
      if equalsIgnoringCase(list.extracting(range), token.bytes) { return true }
    }
    return false
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
