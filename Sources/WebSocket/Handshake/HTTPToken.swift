/// Bytes of HTTP: comparisons without regard to case, and lists of tokens (RFC 9110, section 5.6).
enum HTTPToken {
  static func lowercased(_ byte: UInt8) -> UInt8 {
    byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
  }

  /// Whether `bytes` are `lowercase`, whatever the case of its letters.
  static func equalsIgnoringCase(_ bytes: Span<UInt8>, _ lowercase: StaticString) -> Bool {
    guard bytes.count == lowercase.utf8CodeUnitCount else { return false }
    return lowercase.withUTF8Buffer { expected in
      for index in 0..<expected.count where lowercased(bytes[index]) != expected[index] { return false }
      return true
    }
  }

  static func equals(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
    guard left.count == right.count else { return false }
    for index in left.indices where left[index] != right[index] { return false }
    return true
  }

  /// `tchar` of RFC 9110, section 5.6.2.
  static func isTokenCharacter(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E: true
    default: false
    }
  }

  static func isToken(_ bytes: Span<UInt8>) -> Bool {
    for index in bytes.indices where !isTokenCharacter(bytes[index]) { return false }
    return bytes.count > 0
  }

  /// `bytes` without spaces and tabs at both ends.
  @_lifetime(copy bytes)
  static func trimmed(_ bytes: Span<UInt8>) -> Span<UInt8> {
    var start = 0
    var end = bytes.count
    while start < end, isBlank(bytes[start]) { start &+= 1 }
    while end > start, isBlank(bytes[end &- 1]) { end &-= 1 }
    return bytes.extracting(start..<end)
  }

  /// The range of the next non-empty element of the comma-separated list `list` from `position` on, or nil.
  static func nextElement(of list: Span<UInt8>, from position: inout Int) -> Range<Int>? {
    while position < list.count {
      var start = position
      while position < list.count, list[position] != 0x2C { position &+= 1 }
      var end = position
      position &+= 1
      while start < end, isBlank(list[start]) { start &+= 1 }
      while end > start, isBlank(list[end &- 1]) { end &-= 1 }
      if start < end { return start..<end }
    }
    return nil
  }

  /// Whether the comma-separated list `list` has the element `lowercase`, whatever the case of its letters.
  static func list(_ list: Span<UInt8>, contains lowercase: StaticString) -> Bool {
    var position = 0
    while let range = nextElement(of: list, from: &position) {
      if equalsIgnoringCase(list.extracting(range), lowercase) { return true }
    }
    return false
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
