extension ByteWriter {
  /// Appends `text` as the inside of a JSON string (RFC 8259, section 7): quotation mark, backslash and control
  /// characters are escaped, at most six bytes for one; all else goes through unchanged, so `text` must be UTF-8.
  @_lifetime(self: copy self)
  public mutating func append(jsonEscaped text: Span<UInt8>) {
    for index in text.indices { append(jsonEscaped: text[index]) }
  }

  /// Appends a literal as the inside of a JSON string.
  @_lifetime(self: copy self)
  public mutating func append(jsonEscaped text: StaticString) { append(jsonEscaped: text.bytes) }

  /// Appends one byte of a JSON string's inside, escaped where that is needed.
  @_lifetime(self: copy self)
  private mutating func append(jsonEscaped byte: UInt8) {
    let letter: UInt8
    switch byte {
    case 0x22, 0x5C: letter = byte
    case 0x08: letter = 0x62
    case 0x09: letter = 0x74
    case 0x0A: letter = 0x6E
    case 0x0C: letter = 0x66
    case 0x0D: letter = 0x72
    case 0x00...0x1F: return append("\\u00%2x", UInt64(extending: byte))
    default: return append(byte)
    }
    append(0x5C)
    append(letter)
  }
}
