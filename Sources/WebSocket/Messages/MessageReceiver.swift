/// What to do with a message that is larger than the receiver's memory.
public enum OversizePolicy: Equatable, Sendable {
  /// Refuse it with close code 1009, as soon as its size is known.
  case refuse
  /// Deliver it in chunks that fill the memory; only a message above `maximumBytes` is refused with 1009.
  case stream(maximumBytes: UInt64)
}

/// A part of a message that is larger than the receiver's memory. Parts come in order and without gaps; the first has
/// offset 0, and a part of a text may begin or end within a character.
public struct MessageChunk: Equatable, Sendable {
  /// Text or binary.
  public var kind: MessageKind
  /// The position of the first byte of the part in the message, in bytes.
  public var offset: UInt64
  /// The size of the whole message, in bytes, once it is known: at the start of its last frame.
  public var totalBytes: UInt64?
  /// Whether this part ends the message.
  public var isFinal: Bool
}

/// Puts frames together to messages in memory of `capacity` bytes, at least 1.
///
/// After an error the receiver must not be used again.
public struct MessageReceiver<let capacity: Int>: ~Copyable {
  /// What has been received. The bytes it speaks of are valid until the next call of `next`.
  public enum Event: Equatable {
    /// A whole message, in `message`.
    case message(MessageKind)
    /// A part of a message too large for the memory, in `message`.
    case chunk(MessageChunk)
    /// A Ping; its payload is in `control`.
    case ping
    /// A Pong; its payload is in `control`.
    case pong
    /// A Close; its code, nil when it has none, and its reason in `closeReason`.
    case close(CloseCode?)
  }

  private var reader: FrameReader
  private let oversize: OversizePolicy
  private var storage = InlineArray<capacity, UInt8>(repeating: 0)
  private var controlStorage = InlineArray<125, UInt8>(repeating: 0)
  private var controlCount = 0
  /// The frame whose payload is coming, and the kind of its message.
  private var frame = FrameHeader(isFinal: true, opcode: .binary, maskingKey: nil, payloadLength: 0)
  private var kind = MessageKind.binary
  /// Bytes of the current message in `storage`, and bytes of it delivered before those.
  private var stored = 0
  private var delivered: UInt64 = 0
  /// Bytes of the message in the frames begun so far.
  private var announced: UInt64 = 0
  /// Set when `storage` holds what has been delivered, to be dropped at the next call.
  private var isDelivered = false
  /// Payload that did not fit into `storage` any more, a range of the input that was left unread.
  private var pending: Pending?

  private struct Pending {
    var range: Range<Int>
    var isLast: Bool
  }

  /// A receiver for the end of the connection that `role` is.
  public init(role: Role, oversize: OversizePolicy) {
    precondition(capacity > 0, "a receiver needs memory")
    self.reader = FrameReader(role: role)
    self.oversize = oversize
  }

  /// The bytes of the message or chunk last delivered.
  public var message: Span<UInt8> {
    @_lifetime(borrow self)
    get { storage.span.extracting(0..<stored) }
  }

  /// The payload of the Ping, Pong or Close last delivered, at most 125 bytes.
  public var control: Span<UInt8> {
    @_lifetime(borrow self)
    get { controlStorage.span.extracting(0..<controlCount) }
  }

  /// The reason of the Close last delivered: UTF-8, at most 123 bytes.
  public var closeReason: Span<UInt8> {
    @_lifetime(borrow self)
    get { controlStorage.span.extracting(min(2, controlCount)..<controlCount) }
  }

  /// Whether the bytes so far end with a whole message; what a transport that ends otherwise has cut.
  public var isBetweenMessages: Bool { reader.isBetweenMessages }

  /// Reads on in `input` from `position` and moves `position` behind what was read. Returns the next event, or nil when
  /// the input is used up. Call it with the same input until it returns nil; masked input is unmasked in place.
  public mutating func next(
    _ input: inout MutableSpan<UInt8>, position: inout Int
  ) throws(ProtocolError) -> Event? {
    if isDelivered {
      delivered &+= UInt64(truncatingIfNeeded: stored)
      (stored, isDelivered) = (0, false)
    }
    if let rest = pending {
      pending = nil
      if let event = store(input.span, rest.range, endsFrame: rest.isLast) { return event }
    }
    while let event = try reader.next(&input, position: &position) {
      switch event {
      case .header(let header, let messageKind):
        try begin(header, messageKind)
      case .payload(let range, _, let isLast):
        let event =
          frame.opcode.isControl
          ? try storeControl(input.span, range, endsFrame: isLast)
          : store(input.span, range, endsFrame: isLast)
        if let event { return event }
      }
    }
    return nil
  }

  private mutating func begin(_ header: FrameHeader, _ messageKind: MessageKind?) throws(ProtocolError) {
    frame = header
    guard let messageKind else {
      guard header.opcode != .close || header.payloadLength != 1 else { throw .truncatedCloseCode }
      controlCount = 0
      return
    }
    if header.opcode != .continuation {
      kind = messageKind
      (stored, delivered, announced) = (0, 0, 0)
    }
    let (sum, overflow) = announced.addingReportingOverflow(header.payloadLength)
    announced = overflow ? .max : sum
    let limit: UInt64
    switch oversize {
    case .refuse: limit = UInt64(truncatingIfNeeded: capacity)
    case .stream(let maximumBytes): limit = maximumBytes
    }
    guard announced <= limit else { throw .messageTooBig(length: announced, limit: limit) }
  }

  private mutating func store(_ input: Span<UInt8>, _ range: Range<Int>, endsFrame: Bool) -> Event? {
    let count = min(range.count, capacity - stored)
    copy(input.extracting(range.lowerBound..<(range.lowerBound + count)), to: stored)
    stored += count
    if count < range.count {
      pending = Pending(range: (range.lowerBound + count)..<range.upperBound, isLast: endsFrame)
      return deliver(isFinal: false)
    }
    if endsFrame, frame.isFinal { return deliver(isFinal: true) }
    return nil
  }

  private mutating func deliver(isFinal: Bool) -> Event {
    isDelivered = true
    if isFinal, delivered == 0 { return .message(kind) }
    let total = frame.isFinal ? announced : nil
    return .chunk(MessageChunk(kind: kind, offset: delivered, totalBytes: total, isFinal: isFinal))
  }

  private mutating func storeControl(
    _ input: Span<UInt8>, _ range: Range<Int>, endsFrame: Bool
  ) throws(ProtocolError) -> Event? {
    for index in range {
      controlStorage[controlCount] = input[index]
      controlCount &+= 1
    }
    if frame.opcode == .close { try checkClose(endsFrame: endsFrame) }
    guard endsFrame else { return nil }
    switch frame.opcode {
    case .ping: return .ping
    case .pong: return .pong
    default: return .close(closeCode)
    }
  }

  private var closeCode: CloseCode? {
    guard controlCount >= 2 else { return nil }
    return CloseCode(rawValue: UInt16(controlStorage[0]) &<< 8 | UInt16(controlStorage[1]))
  }

  private func checkClose(endsFrame: Bool) throws(ProtocolError) {
    guard controlCount >= 2 else { return }
    guard closeCode != nil else {
      throw .invalidCloseCode(got: UInt16(controlStorage[0]) &<< 8 | UInt16(controlStorage[1]))
    }
    var utf8 = UTF8Validator()
    if let index = utf8.firstInvalidIndex(in: closeReason) {
      throw .invalidUTF8(offset: UInt64(truncatingIfNeeded: index))
    }
    guard !endsFrame || utf8.isComplete else {
      throw .invalidUTF8(offset: UInt64(truncatingIfNeeded: controlCount - 2))
    }
  }

  private mutating func copy(_ bytes: Span<UInt8>, to offset: Int) {
    for index in bytes.indices { storage[offset &+ index] = bytes[index] }
  }
}
