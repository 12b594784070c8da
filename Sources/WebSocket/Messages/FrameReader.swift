import Bytes

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

  private let role: Role
  /// Whether `header` is complete and its payload is due; else the first bytes of a header are in `headerBytes`.
  private(set) var isInPayload = false
  /// The header of the current frame, and how much of its payload has been taken.
  private(set) var header = FrameHeader(isFinal: true, opcode: .binary, maskingKey: nil, payloadLength: 0)
  private(set) var payloadOffset: UInt64 = 0
  private var headerCount = 0
  /// The kind of the message whose fragments are coming, nil between messages.
  private(set) var messageKind: MessageKind?
  private var utf8 = UTF8Validator()
  /// Bytes of the current message before the current frame, for the offset in an error.
  private var messageOffset: UInt64 = 0
  private var headerBytes = InlineArray<14, UInt8>(repeating: 0)

  /// A reader for the end of the connection that `role` is.
  public init(role: Role) {
    self.role = role
  }

  /// Begins anew, for another connection.
  mutating func reset() { (isInPayload, headerCount, messageKind) = (false, 0, nil) }

  /// Whether the bytes so far end with a whole frame.
  public var isBetweenFrames: Bool { !isInPayload && headerCount == 0 }

  /// Bytes of the current frame's payload that have not been taken.
  var payloadRemaining: UInt64 { header.payloadLength &- payloadOffset }

  /// Whether the bytes so far end with a whole message: no frame and no fragmented message is unfinished.
  public var isBetweenMessages: Bool { isBetweenFrames && messageKind == nil }

  /// Reads on in `input` from `position`, moves `position` behind what was read, and returns what that was; nil when
  /// the input is used up.
  public mutating func next(
    _ input: inout MutableSpan<UInt8>, position: inout Int
  ) throws(ProtocolError) -> Event? {
    guard isInPayload else {
      guard try readHeader(input.span, position: &position) else { return nil }
      return .header(header, messageKind: header.opcode.isControl ? nil : messageKind)
    }
    guard position < input.count || payloadRemaining == 0 else { return nil }
    let offset = payloadOffset
    let available = UInt64(extending: input.count &- position)
    let range = position..<(position &+ Int(truncatingIfNeeded: min(payloadRemaining, available)))
    if let key = header.maskingKey {
      var bytes = input._mutatingExtracting(range)
      Masking.apply(key, offset: Int(truncatingIfNeeded: offset & 3), to: &bytes)
    }
    position = range.upperBound
    let isLast = try checkPayload(input.span.extracting(range))
    return .payload(range: range, offset: offset, isLast: isLast)
  }

  /// A whole message in one frame: where its payload stands in the input, and the key that masks it.
  struct WholeMessage {
    var kind: MessageKind
    var maskingKey: UInt32
    var payload: Range<Int>
  }

  /// The message when `input` goes on with all of one, in one frame of less than 64 KiB, as nearly all are: what the
  /// long way would find at several times the cost. Nil for everything else, errors included; nothing is read yet.
  @inline(__always)
  mutating func wholeMessage(in input: Span<UInt8>, at position: Int) -> WholeMessage? {
    let available = input.count &- position
    guard isBetweenFrames, messageKind == nil, available >= 8 else { return nil }
    let (first, second) = (input[position], input[position &+ 1])
    let isMasked = role == .server
    guard first == 0x81 || first == 0x82, (second & 0x80 != 0) == isMasked else { return nil }
    var length = Int(second & 0x7F)
    var start = position &+ 2
    if length >= 126 {
      guard length == 126 else { return nil }
      length = Int(input[start]) &<< 8 | Int(input[start &+ 1])
      start &+= 2
      guard length >= 126 else { return nil }
    }
    let key = isMasked ? FrameHeader.bigEndian32(input, at: start) : 0
    if isMasked { start &+= 4 }
    guard length <= input.count &- start else { return nil }
    return WholeMessage(kind: first == 0x81 ? .text : .binary, maskingKey: key, payload: start..<(start &+ length))
  }

  /// Reads on in a header; true when it is complete, and in `header`.
  mutating func readHeader(_ input: Span<UInt8>, position: inout Int) throws(ProtocolError) -> Bool {
    while position < input.count, headerCount < headerBytes.count {
      headerBytes[headerCount] = input[position]
      headerCount &+= 1
      position &+= 1
      if headerCount == 1 { try checkFragmentation(headerBytes[0]) }
      if let header = try FrameHeader.decode(headerBytes.span.extracting(first: headerCount), receiver: role) {
        beginFrame(header)
        return true
      }
    }
    return false
  }

  /// The rules of fragmentation (section 5.4), as soon as the first byte is there and right by itself.
  private func checkFragmentation(_ first: UInt8) throws(ProtocolError) {
    guard let opcode = Opcode(rawValue: first & 0x7F), !opcode.isControl else { return }
    if opcode == .continuation {
      guard messageKind != nil else { throw .unexpectedContinuation }
    } else {
      guard messageKind == nil else { throw .expectedContinuation(got: opcode) }
    }
  }

  private mutating func beginFrame(_ header: FrameHeader) {
    self.header = header
    (isInPayload, payloadOffset, headerCount) = (true, 0, 0)
    guard header.opcode == .text || header.opcode == .binary else { return }
    messageKind = header.opcode == .text ? .text : .binary
    utf8 = UTF8Validator()
    messageOffset = 0
  }

  /// Takes what `input` has of the payload from `position` on, as far as there is room, and copies it to `output` behind
  /// the first `filled` bytes, unmasked and checked; true when it ends the frame.
  @inline(never)
  mutating func takePayload(
    _ input: Span<UInt8>, position: inout Int, into output: inout MutableSpan<UInt8>, filled: inout Int
  ) throws(ProtocolError) -> Bool {
    let most = UInt64(extending: min(output.count &- filled, input.count &- position))
    let count = Int(truncatingIfNeeded: min(payloadRemaining, most))
    let bytes = input.extracting(position..<position &+ count)
    let place = filled..<filled &+ count
    var target = output._mutatingExtracting(place)
    Masking.copy(
      bytes, into: &target, maskingKey: header.maskingKey ?? 0, offset: Int(truncatingIfNeeded: payloadOffset & 3))
    position &+= count
    filled &+= count
    return try checkPayload(output.span.extracting(place))
  }

  /// Checks the next bytes of the payload, unmasked, and counts them as read; true when they end the frame.
  private mutating func checkPayload(_ bytes: Span<UInt8>) throws(ProtocolError) -> Bool {
    let isControl = header.opcode.isControl
    let isLast = payloadRemaining == UInt64(extending: bytes.count)
    if messageKind == .text, !isControl,
      let index = utf8.firstInvalidIndex(in: bytes, isLast: isLast && header.isFinal)
    {
      throw .invalidUTF8(offset: messageOffset &+ payloadOffset &+ UInt64(extending: index))
    }
    payloadOffset &+= UInt64(extending: bytes.count)
    guard isLast else { return false }
    isInPayload = false
    if !isControl {
      messageOffset &+= header.payloadLength
      if header.isFinal { messageKind = nil }
    }
    return true
  }
}
