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
  /// The largest message accepted, in bytes.
  private let limit: UInt64
  private var storage = InlineArray<capacity, UInt8>(repeating: 0)
  private var controlStorage = InlineArray<125, UInt8>(repeating: 0)
  private var controlCount = 0
  /// The kind of the current message.
  private var kind = MessageKind.binary
  /// Bytes of the current message in `storage`, and bytes of it delivered before those.
  private var stored = 0
  private var delivered: UInt64 = 0
  /// Bytes of the message in the frames begun so far.
  private var announced: UInt64 = 0
  /// Set when `storage` holds what has been delivered, to be dropped at the next call.
  private var isDelivered = false
  private let inPlace = InPlace()

  /// A receiver for the end of the connection that `role` is.
  public init(role: Role, oversize: OversizePolicy) {
    precondition(capacity > 0, "a receiver needs memory")
    self.reader = FrameReader(role: role)
    switch oversize {
    case .refuse: limit = UInt64(truncatingIfNeeded: capacity)
    case .stream(let maximumBytes): limit = maximumBytes
    }
  }

  /// The bytes of the message or chunk last delivered.
  public var message: Span<UInt8> {
    @_addressableSelf @_lifetime(borrow self)
    get { storage.span.extracting(0..<stored) }
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
  ) throws(ProtocolError) -> Event? {
    if isDelivered {
      delivered &+= UInt64(truncatingIfNeeded: stored)
      (stored, isDelivered) = (0, false)
    }
    if let whole = reader.wholeMessage(in: input.span, at: position), store(whole, from: input.span) {
      position = whole.payload.upperBound
      return .message(whole.kind)
    }
    while true {
      if !reader.isInPayload {
        guard try reader.readHeader(input.span, position: &position) else { return nil }
        try begin(reader.header)
      }
      let isControl = reader.header.opcode.isControl
      let event =
        isControl
        ? try storeControl(input.span, position: &position) : try store(input.span, position: &position)
      if let event { return event }
      if reader.isInPayload { return nil }
    }
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

  /// Stores a whole message; false, and nothing changed, where the long way finds out what is wrong with it.
  @inline(__always)
  private mutating func store(_ whole: FrameReader.WholeMessage, from input: Span<UInt8>) -> Bool {
    let count = whole.payload.count
    guard count <= capacity, UInt64(truncatingIfNeeded: count) <= limit else { return false }
    var target = storage.mutableSpan
    Masking.copy(input.extracting(whole.payload), into: &target, maskingKey: whole.maskingKey, offset: 0)
    if whole.kind == .text {
      var utf8 = UTF8Validator()
      guard utf8.firstInvalidIndex(in: storage.span.extracting(first: count)) == nil, utf8.isComplete else {
        return false
      }
    }
    (stored, delivered, isDelivered) = (count, 0, true)
    return true
  }

  /// The number of bytes of payload to take from what is there, into `room` bytes.
  private func takeCount(_ input: Span<UInt8>, from position: Int, room: Int) -> Int {
    let most = UInt64(truncatingIfNeeded: min(room, input.count &- position))
    return Int(truncatingIfNeeded: min(reader.payloadRemaining, most))
  }

  private mutating func store(_ input: Span<UInt8>, position: inout Int) throws(ProtocolError) -> Event? {
    let count = takeCount(input, from: position, room: capacity &- stored)
    let place = stored..<(stored &+ count)
    var space = storage.mutableSpan
    var target = space._mutatingExtracting(place)
    reader.copyPayload(input.extracting(position..<(position &+ count)), to: &target)
    (stored, position) = (place.upperBound, position &+ count)
    let isFinal = reader.header.isFinal
    if try reader.takePayload(storage.span.extracting(place)) {
      return isFinal ? deliver(isFinal: true) : nil
    }
    return stored == capacity ? deliver(isFinal: false) : nil
  }

  private mutating func deliver(isFinal: Bool) -> Event {
    isDelivered = true
    if isFinal, delivered == 0 { return .message(kind) }
    let total = reader.header.isFinal ? announced : nil
    return .chunk(MessageChunk(kind: kind, offset: delivered, totalBytes: total, isFinal: isFinal))
  }

  private mutating func storeControl(_ input: Span<UInt8>, position: inout Int) throws(ProtocolError) -> Event? {
    let count = takeCount(input, from: position, room: controlStorage.count &- controlCount)
    let place = controlCount..<(controlCount &+ count)
    var space = controlStorage.mutableSpan
    var target = space._mutatingExtracting(place)
    reader.copyPayload(input.extracting(position..<(position &+ count)), to: &target)
    (controlCount, position) = (place.upperBound, position &+ count)
    let endsFrame = try reader.takePayload(controlStorage.span.extracting(place))
    let opcode = reader.header.opcode
    if opcode == .close { try checkClose(endsFrame: endsFrame) }
    guard endsFrame else { return nil }
    switch opcode {
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
}
