/// Reads frames from a stream of bytes, in pieces of any size, and enforces every rule of RFC 6455, section 5, at the
/// first byte that breaks it. Payload is unmasked in place and handed on as a range of the input: nothing is copied.
///
/// After an error the reader must not be used again.
public struct FrameReader: ~Copyable {
  /// What the next bytes of the input are.
  public enum Event: Equatable {
    /// The header of a frame is complete. `messageKind` is the kind of the message it belongs to, nil for control.
    case header(FrameHeader, messageKind: MessageKind?)
    /// `range` of the input is payload of the current frame, from `offset` on; `isLast` ends the frame.
    case payload(range: Range<Int>, offset: UInt64, isLast: Bool)
  }

  private enum State {
    /// So many bytes of a header have come.
    case header(count: Int)
    /// A header has been handed on; so many bytes of its payload have come.
    case payload(FrameHeader, offset: UInt64)
  }

  private let role: Role
  private var state = State.header(count: 0)
  private var headerBytes = InlineArray<14, UInt8>(repeating: 0)
  /// The kind of the message whose fragments are coming, nil between messages.
  private var messageKind: MessageKind?
  private var utf8 = UTF8Validator()
  /// Bytes of the current message before the current frame, for the offset in an error.
  private var messageOffset: UInt64 = 0

  /// A reader for the end of the connection that `role` is.
  public init(role: Role) {
    self.role = role
  }

  /// Whether the bytes so far end with a whole frame.
  public var isBetweenFrames: Bool {
    if case .header(count: 0) = state { true } else { false }
  }

  /// Whether the bytes so far end with a whole message: no frame and no fragmented message is unfinished.
  public var isBetweenMessages: Bool { isBetweenFrames && messageKind == nil }

  /// Reads on in `input` from `position`, moves `position` behind what was read, and returns what that was; nil when
  /// the input is used up.
  public mutating func next(
    _ input: inout MutableSpan<UInt8>, position: inout Int
  ) throws(ProtocolError) -> Event? {
    switch state {
    case .header(let count):
      guard let header = try readHeader(input.span, position: &position, collected: count) else { return nil }
      let kind = try beginFrame(header)
      state = .payload(header, offset: 0)
      return .header(header, messageKind: kind)
    case .payload(let header, let offset):
      guard position < input.count || header.payloadLength == offset else { return nil }
      return try readPayload(&input, position: &position, of: header, offset: offset)
    }
  }

  private mutating func readHeader(
    _ input: Span<UInt8>, position: inout Int, collected: Int
  ) throws(ProtocolError) -> FrameHeader? {
    if collected == 0 {
      let rest = input.extracting(position..<input.count)
      try checkOpcode(rest)
      if let header = try FrameHeader.decode(rest, receiver: role) {
        position &+= header.encodedSize
        return header
      }
    }
    var count = collected
    while position < input.count, count < headerBytes.count {
      headerBytes[count] = input[position]
      count &+= 1
      position &+= 1
      let bytes = headerBytes.span.extracting(0..<count)
      if count == 1 { try checkOpcode(bytes) }
      if let header = try FrameHeader.decode(bytes, receiver: role) { return header }
    }
    state = .header(count: count)
    return nil
  }

  /// The rules of fragmentation (section 5.4), as soon as the first byte is there.
  private func checkOpcode(_ header: Span<UInt8>) throws(ProtocolError) {
    guard header.count > 0, header[0] & 0x70 == 0, let opcode = Opcode(rawValue: header[0] & 0x0F) else { return }
    switch opcode {
    case .continuation:
      guard messageKind != nil else { throw .unexpectedContinuation }
    case .text, .binary:
      guard messageKind == nil else { throw .expectedContinuation(got: opcode) }
    case .close, .ping, .pong: break
    }
  }

  private mutating func beginFrame(_ header: FrameHeader) throws(ProtocolError) -> MessageKind? {
    switch header.opcode {
    case .text: messageKind = .text
    case .binary: messageKind = .binary
    case .continuation: break
    case .close, .ping, .pong: return nil
    }
    if header.opcode != .continuation {
      utf8 = UTF8Validator()
      messageOffset = 0
    }
    return messageKind
  }

  private mutating func readPayload(
    _ input: inout MutableSpan<UInt8>, position: inout Int, of header: FrameHeader, offset: UInt64
  ) throws(ProtocolError) -> Event {
    let missing = header.payloadLength &- offset
    let available = UInt64(truncatingIfNeeded: input.count &- position)
    let count = Int(truncatingIfNeeded: min(missing, available))
    let range = position..<(position &+ count)
    if let key = header.maskingKey, count > 0 {
      var bytes = input._mutatingExtracting(range)
      Masking.apply(key, offset: Int(truncatingIfNeeded: offset & 3), to: &bytes)
    }
    let isLast = missing <= available
    try checkText(input.span.extracting(range), of: header, offset: offset, isLast: isLast)
    position &+= count
    if isLast {
      endFrame(header)
    } else {
      state = .payload(header, offset: offset &+ UInt64(truncatingIfNeeded: count))
    }
    return .payload(range: range, offset: offset, isLast: isLast)
  }

  private mutating func checkText(
    _ bytes: Span<UInt8>, of header: FrameHeader, offset: UInt64, isLast: Bool
  ) throws(ProtocolError) {
    guard !header.opcode.isControl, messageKind == .text else { return }
    if let index = utf8.firstInvalidIndex(in: bytes) {
      throw .invalidUTF8(offset: messageOffset &+ offset &+ UInt64(truncatingIfNeeded: index))
    }
    guard !isLast || !header.isFinal || utf8.isComplete else {
      throw .invalidUTF8(offset: messageOffset &+ header.payloadLength)
    }
  }

  private mutating func endFrame(_ header: FrameHeader) {
    state = .header(count: 0)
    guard !header.opcode.isControl else { return }
    messageOffset &+= header.payloadLength
    if header.isFinal { messageKind = nil }
  }
}
