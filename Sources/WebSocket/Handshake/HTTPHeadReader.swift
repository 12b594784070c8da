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
    case lineStart
    case name
    case value
    case ended
  }

  private var state = State.startLine
  /// Whether a CR was read, which only LF may follow.
  private var isAtLineEnd = false
  /// Whether the line is longer than what of it is kept.
  private(set) var isCut = false
  private var count = 0
  private var nameCount = 0
  /// Bytes of the head read so far.
  private(set) var offset = 0
  private var storage = InlineArray<256, UInt8>(repeating: 0)

  /// Begins anew, for another head.
  mutating func reset() { (state, isAtLineEnd, isCut, count, nameCount, offset) = (.startLine, false, false, 0, 0, 0) }

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
    let stray = HandshakeError.strayByte(got: byte, offset: offset)
    offset &+= 1
    if isAtLineEnd {
      guard byte == 0x0A else { throw stray }
      return endLine()
    }
    if state == .lineStart {
      guard byte != 0x20, byte != 0x09 else { throw .lineFolding(offset: offset &- 1) }
      (count, nameCount, isCut) = (0, 0, false)
      if byte != 0x0D { state = .name }
    }
    switch state {
    case .name where byte == 0x3A && count > 0:
      nameCount = count
      state = .value
      return nil
    case .name: guard HTTPToken.isTokenCharacter(byte) else { throw stray }
    case .ended: throw stray
    case .startLine, .lineStart, .value:
      isAtLineEnd = byte == 0x0D
      if isAtLineEnd { return nil }
      guard Self.isText(byte) else { throw stray }
    }
    keep(byte)
    guard !isCut || state != .startLine else { throw .lineTooLong(limitBytes: Self.maximumLineBytes) }
    return nil
  }

  private mutating func endLine() -> Event {
    isAtLineEnd = false
    let event: Event = state == .startLine ? .startLine : state == .value ? .header : .end
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

  /// Visible characters, space, tab and bytes above ASCII (RFC 9110, section 5.5).
  private static func isText(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F || byte == 0x09 }
}
