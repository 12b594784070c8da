extension ByteWriter {
  /// Appends `text` as the inside of a JSON string (RFC 8259, section 7): quotation mark, backslash and control
  /// characters are escaped, at most six bytes for one; all else goes through unchanged, so `text` must be UTF-8.
  @_lifetime(self: copy self)
  public mutating func append(jsonEscaped text: Span<UInt8>) {
    for index in text.indices { append(jsonEscaped: text[index]) }
  }

  /// Appends a literal as the inside of a JSON string.
  @_lifetime(self: copy self)
  public mutating func append(jsonEscaped text: StaticString) {
    text.withUTF8Buffer { bytes in
      for byte in bytes { append(jsonEscaped: byte) }
    }
  }

  /// Appends one byte of a JSON string's inside, escaped where that is needed.
  @_lifetime(self: copy self)
  public mutating func append(jsonEscaped byte: UInt8) {
    switch byte {
    case 0x22: append("\\\"")
    case 0x5C: append("\\\\")
    case 0x08: append("\\b")
    case 0x09: append("\\t")
    case 0x0A: append("\\n")
    case 0x0C: append("\\f")
    case 0x0D: append("\\r")
    case 0x00...0x1F:
      append("\\u00")
      append(hexadecimal: UInt64(truncatingIfNeeded: byte), digits: 2)
    default: append(byte)
    }
  }
}
