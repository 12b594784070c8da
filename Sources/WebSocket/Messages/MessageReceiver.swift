import Bytes

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

/// What has been received. The bytes it speaks of are valid until more is read.
public enum MessageEvent: Equatable, Sendable {
  /// A whole message, in `message`.
  case message(MessageKind)
  /// A part of a message too large for the memory, in `message`; `chunk` says which.
  case chunk
  /// A Ping; its payload is in `control`.
  case ping
  /// A Pong; its payload is in `control`.
  case pong
  /// A Close; its code, nil when it has none, and its reason in `closeReason`.
  case close(CloseCode?)
}

/// Puts frames together to messages in memory of `capacity` bytes, at least 1.
///
/// After an error the receiver must not be used again.
public struct MessageReceiver<let capacity: Int>: ~Copyable {
  private var reader: FrameReader
  /// The kind of the current message.
  private var kind = MessageKind.binary
  /// Set when `storage` holds what has been delivered, to be dropped at the next call.
  private var isDelivered = false
  private var isFinal = false
  private var controlCount = 0
  /// Bytes of the current message in `storage`, and bytes of it delivered before those.
  private var stored = 0
  private var delivered: UInt64 = 0
  /// Bytes of the message in the frames begun so far.
  private var announced: UInt64 = 0
  /// The largest message accepted, in bytes.
  private let limit: UInt64
  private var controlStorage = InlineArray<125, UInt8>(repeating: 0)
  private var storage = InlineArray<capacity, UInt8>(repeating: 0)
  private let inPlace = InPlace()

  /// A receiver for the end of the connection that `role` is.
  public init(role: Role, oversize: OversizePolicy) {
    precondition(capacity > 0, "a receiver needs memory")
    self.reader = FrameReader(role: role)
    switch oversize {
    case .refuse: limit = UInt64(extending: capacity)
    case .stream(let maximumBytes): limit = maximumBytes
    }
  }

  /// Begins anew, for another connection.
  mutating func reset() {
    reader.reset()
    (isDelivered, controlCount, stored) = (false, 0, 0)
  }

  /// The bytes of the message or chunk last delivered.
  public var message: Span<UInt8> {
    @_addressableSelf @_lifetime(borrow self)
    get { storage.span.extracting(0..<stored) }
  }

  /// Which part of its message the chunk last delivered is.
  public var chunk: MessageChunk {
    MessageChunk(
      kind: kind, offset: delivered, totalBytes: reader.header.isFinal ? announced : nil, isFinal: isFinal)
  }

  /// The payload of the Ping, Pong or Close last delivered, at most 125 bytes.
  public var control: Span<UInt8> {
    @_addressableSelf @_lifetime(borrow self)
    get { controlStorage.span.extracting(0..<controlCount) }
  }

  /// The reason of the Close last delivered: UTF-8, at most 123 bytes.
  public var closeReason: Span<UInt8> {
    @_addressableSelf @_lifetime(borrow self)
    get { controlStorage.span.extracting(min(2, controlCount)..<controlCount) }
  }

  /// Whether the bytes so far end with a whole message; what a transport that ends otherwise has cut.
  public var isBetweenMessages: Bool { reader.isBetweenMessages }

  /// Reads on in `input` from `position` and moves `position` behind what was read. Returns the next event, or nil when
  /// the input is used up.
  public mutating func next(
    _ input: inout MutableSpan<UInt8>, position: inout Int
  ) throws(ProtocolError) -> MessageEvent? {
    if isDelivered {
      delivered &+= UInt64(extending: stored)
      (stored, isDelivered) = (0, false)
    }
    #if arch(x86_64) || arch(arm64)
      // Where speed counts for more than size: the most common input at once.
      if let whole = reader.wholeMessage(in: input.span, at: position), store(whole, from: input.span) {
        position = whole.payload.upperBound
        return .message(whole.kind)
      }
    #endif
    repeat {
      if !reader.isInPayload {
        guard try reader.readHeader(input.span, position: &position) else { return nil }
        try begin(reader.header)
      }
      let event =
        reader.header.opcode.isControl
        ? try storeControl(input.span, position: &position) : try store(input.span, position: &position)
      if let event { return event }
    } while !reader.isInPayload
    return nil
  }

  private mutating func begin(_ header: FrameHeader) throws(ProtocolError) {
    guard !header.opcode.isControl else {
      guard header.opcode != .close || header.payloadLength != 1 else { throw .truncatedCloseCode }
      controlCount = 0
      return
    }
    if header.opcode != .continuation {
      kind = header.opcode == .text ? .text : .binary
      (stored, delivered, announced) = (0, 0, 0)
    }
    let (sum, overflow) = announced.addingReportingOverflow(header.payloadLength)
    announced = overflow ? .max : sum
    guard announced <= limit else { throw .messageTooBig(length: announced, limit: limit) }
  }

  #if arch(x86_64) || arch(arm64)
    /// Stores a whole message; false, and nothing changed, where the long way finds out what is wrong with it.
    @inline(__always)
    private mutating func store(_ whole: FrameReader.WholeMessage, from input: Span<UInt8>) -> Bool {
      let count = whole.payload.count
      guard count <= capacity, UInt64(extending: count) <= limit else { return false }
      var target = storage.mutableSpan
      Masking.copy(input.extracting(whole.payload), into: &target, maskingKey: whole.maskingKey, offset: 0)
      if whole.kind == .text {
        var utf8 = UTF8Validator()
        guard utf8.firstInvalidIndex(in: storage.span.extracting(first: count), isLast: true) == nil else {
          return false
        }
      }
      (stored, delivered, isDelivered) = (count, 0, true)
      return true
    }
  #endif

  private mutating func store(_ input: Span<UInt8>, position: inout Int) throws(ProtocolError) -> MessageEvent? {
    isFinal = false
    var space = storage.mutableSpan
    if try reader.takePayload(input, position: &position, into: &space, filled: &stored) {
      guard reader.header.isFinal else { return nil }
      isFinal = true
    } else if stored < capacity {
      return nil
    }
    isDelivered = true
    return isFinal && delivered == 0 ? .message(kind) : .chunk
  }

  private mutating func storeControl(_ input: Span<UInt8>, position: inout Int) throws(ProtocolError) -> MessageEvent? {
    var space = controlStorage.mutableSpan
    let isComplete = try reader.takePayload(input, position: &position, into: &space, filled: &controlCount)
    switch reader.header.opcode {
    case .ping: return isComplete ? .ping : nil
    case .pong: return isComplete ? .pong : nil
    default:
      let code = try checkClose(isComplete)
      return isComplete ? .close(code) : nil
    }
  }

  /// Checks what has come of a Close, and returns its code.
  private func checkClose(_ isComplete: Bool) throws(ProtocolError) -> CloseCode? {
    guard controlCount >= 2 else { return nil }
    let number = UInt16(controlStorage[0]) &<< 8 | UInt16(controlStorage[1])
    guard let code = CloseCode(rawValue: number) else { throw .invalidCloseCode(got: number) }
    var utf8 = UTF8Validator()
    if let index = utf8.firstInvalidIndex(in: closeReason, isLast: isComplete) {
      throw .invalidUTF8(offset: UInt64(extending: index))
    }
    return code
  }
}
