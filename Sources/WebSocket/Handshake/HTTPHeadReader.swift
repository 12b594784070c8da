/// Reads the head of an HTTP/1.1 message line by line, strictly (RFC 9112): lines end with CRLF, nothing else may, names
/// are tokens, no folding, no control characters.
///
/// Only one line is kept, so the head may be longer than the memory. A header whose line does not fit is cut and marked:
/// it does no harm unless it is one that matters.
struct HTTPHeadReader: ~Copyable {
  /// The largest head accepted, in bytes, first line and end included. Browsers and servers use 8 KiB and more.
  static let maximumBytes = 8192
  /// The longest line that is kept whole, in bytes.
  static let maximumLineBytes = 256

  enum Event {
    /// The first line is in `line`.
    case startLine
    /// A header is in `name` and `value`.
    case header
    /// The empty line: the head has ended.
    case end
  }

  private enum State {
    case startLine
    case startLineEnd
    case lineStart
    case name
    case value
    case valueEnd
    case headEnd
    case ended
  }

  private var state = State.startLine
  private var storage = InlineArray<256, UInt8>(repeating: 0)
  private var count = 0
  private var nameCount = 0
  private(set) var isCut = false
  /// Bytes of the head read so far.
  private(set) var offset = 0

  var line: Span<UInt8> {
    @_addressableSelf @_lifetime(borrow self)
    get { storage.span.extracting(0..<count) }
  }

  var name: Span<UInt8> {
    @_addressableSelf @_lifetime(borrow self)
    get { storage.span.extracting(0..<nameCount) }
  }

  var value: Span<UInt8> {
    @_addressableSelf @_lifetime(borrow self)
    get { HTTPToken.trimmed(storage.span.extracting(nameCount..<count)) }
  }

  mutating func read(_ byte: UInt8) throws(HandshakeError) -> Event? {
    guard offset < Self.maximumBytes else { throw .headTooLarge(limitBytes: Self.maximumBytes) }
    offset &+= 1
    switch state {
    case .startLine: return try readStartLine(byte)
    case .lineStart: return try readLineStart(byte)
    case .name: return try readName(byte)
    case .value: return try readValue(byte)
    case .startLineEnd: return try readLineFeed(byte, then: .startLine)
    case .valueEnd: return try readLineFeed(byte, then: .header)
    case .headEnd: return try readLineFeed(byte, then: .end)
    case .ended: throw stray(byte)
    }
  }

  private mutating func readStartLine(_ byte: UInt8) throws(HandshakeError) -> Event? {
    if byte == 0x0D {
      state = .startLineEnd
      return nil
    }
    guard Self.isText(byte) else { throw stray(byte) }
    keep(byte)
    guard !isCut else { throw .lineTooLong(limitBytes: Self.maximumLineBytes) }
    return nil
  }

  private mutating func readLineStart(_ byte: UInt8) throws(HandshakeError) -> Event? {
    (count, nameCount, isCut) = (0, 0, false)
    if byte == 0x0D {
      state = .headEnd
      return nil
    }
    guard byte != 0x20, byte != 0x09 else { throw .lineFolding(offset: offset - 1) }
    state = .name
    return try readName(byte)
  }

  private mutating func readName(_ byte: UInt8) throws(HandshakeError) -> Event? {
    if byte == 0x3A, count > 0 {
      nameCount = count
      state = .value
      return nil
    }
    guard HTTPToken.isTokenCharacter(byte) else { throw stray(byte) }
    keep(byte)
    return nil
  }

  private mutating func readValue(_ byte: UInt8) throws(HandshakeError) -> Event? {
    if byte == 0x0D {
      state = .valueEnd
      return nil
    }
    guard Self.isText(byte) else { throw stray(byte) }
    keep(byte)
    return nil
  }

  private mutating func readLineFeed(_ byte: UInt8, then event: Event) throws(HandshakeError) -> Event {
    guard byte == 0x0A else { throw stray(byte) }
    state = event == .end ? .ended : .lineStart
    return event
  }

  private mutating func keep(_ byte: UInt8) {
    guard count < storage.count else {
      isCut = true
      return
    }
    storage[count] = byte
    count &+= 1
  }

  private func stray(_ byte: UInt8) -> HandshakeError { .strayByte(got: byte, offset: offset - 1) }

  /// Visible characters, space, tab and bytes above ASCII (RFC 9110, section 5.5).
  private static func isText(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F || byte == 0x09 }
}
