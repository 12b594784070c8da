/// Reads JSON (RFC 8259, every rule of it) from a text in memory, front to back, without recursion.
///
/// Each method leaves `offset` behind what it has read, or throws with the offset of the first byte that is wrong.
struct JSONReader: ~Copyable, ~Escapable {
  private let text: Span<UInt8>
  /// The offset of the next byte to read.
  private(set) var offset = 0
  /// Where the character that `nextStringByte` returned last begins in the text.
  private(set) var characterOffset = 0

  /// Bytes of a decoded escape that are still to be returned, the next one lowest.
  private var pending: UInt32 = 0
  private var pendingCount = 0
  /// Bytes that the UTF-8 sequence being read still needs, and what the next of them may be.
  private var continuationCount = 0
  private var continuationRange: ClosedRange<UInt8> = 0x80...0xBF

  @_lifetime(copy text)
  init(_ text: Span<UInt8>) {
    self.text = text
  }

  /// The next byte, nil at the end.
  var peek: UInt8? { offset < text.count ? text[offset] : nil }

  /// The next byte behind white space, which is skipped; nil at the end.
  @_lifetime(self: copy self)
  mutating func peekToken() -> UInt8? {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
    return peek
  }

  /// The error that the byte at `offset` is not what the grammar asks for.
  func unexpected(_ expected: JoinHeaderError.Expectation) -> JoinHeaderError {
    .unexpected(offset: offset, expected: expected, got: peek)
  }

  /// Skips white space and then `byte`.
  @_lifetime(self: copy self)
  mutating func skip(_ byte: UInt8, _ expected: JoinHeaderError.Expectation) throws(JoinHeaderError) {
    guard peekToken() == byte else { throw unexpected(expected) }
    offset += 1
  }

  /// Skips one byte; call it only where `peek` has returned one.
  @_lifetime(self: copy self)
  mutating func advance() { offset += 1 }

  // MARK: Strings

  /// Skips white space and the quotation mark that opens a string; then call `nextStringByte` until it returns nil.
  @_lifetime(self: copy self)
  mutating func openString(_ expected: JoinHeaderError.Expectation) throws(JoinHeaderError) {
    try skip(0x22, expected)
  }

  /// The next byte of the string's value in UTF-8, escapes decoded; nil when the string has ended.
  @_lifetime(self: copy self)
  mutating func nextStringByte() throws(JoinHeaderError) -> UInt8? {
    if pendingCount > 0 { return nextPendingByte() }
    guard let byte = peek else { throw unexpected(.stringCharacter) }
    if continuationCount > 0 {
      guard continuationRange.contains(byte) else { throw unexpected(.utf8) }
      continuationRange = 0x80...0xBF
      continuationCount -= 1
      offset += 1
      return byte
    }
    characterOffset = offset
    switch byte {
    case 0x22:
      offset += 1
      return nil
    case 0x5C:
      offset += 1
      try readEscape()
      return nextPendingByte()
    case 0x20...0x7F: break
    // RFC 3629 section 4: no overlong forms, no surrogates, nothing above U+10FFFF.
    case 0xC2...0xDF: expectContinuation(1, 0x80...0xBF)
    case 0xE0: expectContinuation(2, 0xA0...0xBF)
    case 0xED: expectContinuation(2, 0x80...0x9F)
    case 0xE1...0xEF: expectContinuation(2, 0x80...0xBF)
    case 0xF0: expectContinuation(3, 0x90...0xBF)
    case 0xF1...0xF3: expectContinuation(3, 0x80...0xBF)
    case 0xF4: expectContinuation(3, 0x80...0x8F)
    case 0..<0x20: throw unexpected(.stringCharacter)
    default: throw unexpected(.utf8)
    }
    offset += 1
    return byte
  }

  @_lifetime(self: copy self)
  private mutating func expectContinuation(_ count: Int, _ first: ClosedRange<UInt8>) {
    continuationCount = count
    continuationRange = first
  }

  @_lifetime(self: copy self)
  private mutating func nextPendingByte() -> UInt8 {
    let byte = UInt8(truncatingIfNeeded: pending)
    pending = pending &>> 8
    pendingCount -= 1
    return byte
  }

  /// Reads what is behind a backslash and puts the character's UTF-8 bytes into `pending`.
  @_lifetime(self: copy self)
  private mutating func readEscape() throws(JoinHeaderError) {
    let value: UInt32
    switch peek {
    case 0x22, 0x5C, 0x2F: value = UInt32(peek ?? 0)
    case 0x62: value = 0x08
    case 0x66: value = 0x0C
    case 0x6E: value = 0x0A
    case 0x72: value = 0x0D
    case 0x74: value = 0x09
    case 0x75:
      offset += 1
      setPending(try readUnicodeEscape())
      return
    default: throw unexpected(.escape)
    }
    offset += 1
    setPending(value)
  }

  /// Reads the digits of `\uXXXX`, and of the second half of a surrogate pair where the first came.
  @_lifetime(self: copy self)
  private mutating func readUnicodeEscape() throws(JoinHeaderError) -> UInt32 {
    let first = try readFourDigits()
    guard first & 0xF800 == 0xD800 else { return first }
    guard first < 0xDC00, peek == 0x5C, offset + 1 < text.count, text[offset + 1] == 0x75 else {
      throw .unpairedSurrogate(offset: characterOffset)
    }
    offset += 2
    let second = try readFourDigits()
    guard second & 0xFC00 == 0xDC00 else { throw .unpairedSurrogate(offset: characterOffset) }
    return 0x10000 + ((first & 0x3FF) << 10 | (second & 0x3FF))
  }

  @_lifetime(self: copy self)
  private mutating func readFourDigits() throws(JoinHeaderError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = peek, let digit = hexadecimalDigit(byte) else { throw unexpected(.hexadecimalDigit) }
      value = value << 4 | UInt32(digit)
      offset += 1
    }
    return value
  }

  /// Sets `pending` to the UTF-8 form of `scalar`, which is no surrogate and at most U+10FFFF.
  @_lifetime(self: copy self)
  private mutating func setPending(_ scalar: UInt32) {
    let last = 0x80 | (scalar & 0x3F)
    switch scalar {
    case 0..<0x80:
      pending = scalar
      pendingCount = 1
    case 0x80..<0x800:
      pending = (0xC0 | scalar >> 6) | last << 8
      pendingCount = 2
    case 0x800..<0x10000:
      pending = (0xE0 | scalar >> 12) | (0x80 | scalar >> 6 & 0x3F) << 8 | last << 16
      pendingCount = 3
    default:
      pending =
        (0xF0 | scalar >> 18) | (0x80 | scalar >> 12 & 0x3F) << 8 | (0x80 | scalar >> 6 & 0x3F) << 16 | last << 24
      pendingCount = 4
    }
  }
}
