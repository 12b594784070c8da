public import Bytes

/// One end of a WebSocket connection after the opening handshake: bytes in, events out; messages in, bytes out.
/// It never reads, writes, waits or looks at a clock.
///
/// Two buffers: a message of up to `receiveCapacity` bytes is delivered whole, and frames wait in `sendCapacity` bytes
/// until the caller has written `output` to the transport. A Ping is answered by itself. When there is no room for the
/// Pong it waits in a place of its own and goes first as soon as there is room; when another Ping comes before that, the
/// newer one is answered (RFC 6455, section 5.5.3). So input can always be drained, whatever the peer does not read.
///
/// `receiveCapacity` is at least 1. `sendCapacity` is at least 8, room for a Close; below 131, the largest frame of a
/// Pong, a Ping too long to be answered ends the connection with 1009.
public struct Connection<let receiveCapacity: Int, let sendCapacity: Int>: ~Copyable {
  /// Where the connection stands (RFC 6455, section 7.1).
  public enum State: Equatable, Sendable {
    case open
    /// This end has queued a Close and waits for the peer's.
    case closing
    /// The peer's Close came first; this end's answer is queued.
    case closedByPeer
    /// Both Closes are there; the transport can be closed once `output` is written (a client lets the server do it).
    case closed
    /// The peer broke the protocol; a Close that says so is queued, and what still comes is ignored.
    case failed(ProtocolError)
  }

  /// What to do about a message or a Close that is to be sent.
  public enum SendError: Error, Equatable, Sendable {
    /// It can never fit: what the frame needs, and what there is.
    case tooLarge(CapacityError)
    /// It does not fit now; write `output` to the transport first. What the frame needs, together with a Pong that waits
    /// before it, and the room there is.
    case wouldBlock(neededBytes: Int, freeBytes: Int)
    /// This end has sent a Close, or the connection has failed.
    case notOpen
    /// A fragmented message of the other kind has not been finished.
    case unfinishedMessage(MessageKind)
  }

  private enum Phase: UInt8 {
    case open, closing, closedByPeer, closed, failed
  }

  private let role: Role
  private var phase = Phase.open
  /// What the peer did wrong; says something in the phase `failed` only.
  private var failure = ProtocolError.unexpectedContinuation
  /// The code of the Close that this end has queued, nil before.
  public private(set) var sentCloseCode: CloseCode?
  /// Pings whose answer was replaced by the answer to a newer one because nothing could be sent.
  public private(set) var supersededPings: UInt32 = 0
  /// The kind of the fragmented message that is being sent.
  var sendingKind: MessageKind?
  private var pong = PendingControl()
  private var close = PendingControl()
  private var sendBuffer = ByteBuffer<sendCapacity>()
  private var receiver: MessageReceiver<receiveCapacity>

  /// An open connection of the end that `role` is.
  public init(role: Role, oversize: OversizePolicy) {
    precondition(sendCapacity >= 8, "a connection needs room for a Close")
    self.role = role
    self.receiver = MessageReceiver(role: role, oversize: oversize)
  }

  /// Begins anew: an open connection over another transport, with the role and the limits of this one.
  public mutating func reset() {
    (phase, sentCloseCode, supersededPings, sendingKind) = (.open, nil, 0, nil)
    (pong.isPending, close.isPending) = (false, false)
    sendBuffer.clear()
    receiver.reset()
  }

  /// Where the connection stands.
  public var state: State {
    switch phase {
    case .open: .open
    case .closing: .closing
    case .closedByPeer: .closedByPeer
    case .closed: .closed
    case .failed: .failed(failure)
    }
  }

  /// The bytes of the message or chunk last received; valid until `receive` is called again.
  public var message: Span<UInt8> {
    @_addressableSelf @_lifetime(borrow self)
    get { receiver.message }
  }

  /// Which part of its message the chunk last received is.
  public var chunk: MessageChunk { receiver.chunk }

  /// The payload of the Ping, Pong or Close last received.
  public var control: Span<UInt8> {
    @_addressableSelf @_lifetime(borrow self)
    get { receiver.control }
  }

  /// The reason of the Close last received, UTF-8.
  public var closeReason: Span<UInt8> {
    @_addressableSelf @_lifetime(borrow self)
    get { receiver.closeReason }
  }

  /// Whether the bytes received so far end with a whole message, so that nothing is lost when the transport ends now.
  public var isBetweenMessages: Bool { receiver.isBetweenMessages }

  /// What is to be written to the transport next.
  public var output: Span<UInt8> {
    @_addressableSelf @_lifetime(borrow self)
    get { sendBuffer.bytes }
  }

  /// Whether anything waits to be written, a Pong or Close without room included.
  public var hasOutput: Bool { !sendBuffer.isEmpty || pong.isPending || close.isPending }

  /// The largest message, or fragment of one, that can be sent, in bytes.
  public var maximumPayload: Int {
    FrameHeader.maximumPayload(inFrameOf: sendCapacity, isMasked: role == .client)
  }

  /// Says that the first `byteCount` bytes of `output` were written.
  public mutating func consumeOutput(_ byteCount: Int, randomBits: UInt32) {
    sendBuffer.consume(byteCount)
    flushControl(randomBits)
  }

  /// Room for bytes that come before the first frame, the opening handshake; say with `commitHandshake` how many are
  /// written there.
  public var handshakeSpace: MutableSpan<UInt8> {
    @_lifetime(&self)
    mutating get { sendBuffer.space }
  }

  /// Queues the first `byteCount` bytes of `handshakeSpace`.
  public mutating func commitHandshake(_ byteCount: Int) { sendBuffer.commit(byteCount) }

  // MARK: Receiving

  /// Reads on in `input` from `position`, and moves `position` behind what was read. Returns the next event, or nil when
  /// the input is used up; call it until then. `randomBits` masks an answer, 32 fresh random bits.
  ///
  /// After an error, the Close that says why is in `output`: write it, then close the transport.
  public mutating func receive(
    _ input: inout MutableSpan<UInt8>, position: inout Int, randomBits: UInt32
  ) throws(ProtocolError) -> MessageEvent? {
    guard phase == .open || phase == .closing else {
      // What follows a Close means nothing any more (section 5.5.1).
      position = input.count
      return nil
    }
    do throws(ProtocolError) {
      guard let event = try receiver.next(&input, position: &position) else { return nil }
      switch event {
      case .message, .chunk, .pong: break
      case .ping: try answerPing(randomBits)
      case .close(let code): answerClose(code, randomBits)
      }
      return event
    } catch {
      fail(error, randomBits)
      throw error
    }
  }

  private mutating func answerPing(_ randomBits: UInt32) throws(ProtocolError) {
    guard isOpen else { return }
    guard receiver.control.count <= maximumPayload else {
      throw .messageTooBig(
        length: UInt64(extending: receiver.control.count), limit: UInt64(extending: maximumPayload))
    }
    if pong.isPending { supersededPings &+= 1 }
    pong.count = 0
    pong.append(receiver.control)
    pong.isPending = true
    flushControl(randomBits)
  }

  private mutating func answerClose(_ code: CloseCode?, _ randomBits: UInt32) {
    if isOpen {
      phase = .closedByPeer
      queueClose(code)
    } else {
      phase = .closed
    }
    flushControl(randomBits)
  }

  private mutating func fail(_ error: ProtocolError, _ randomBits: UInt32) {
    if isOpen { queueClose(error.closeCode) }
    (phase, failure) = (.failed, error)
    flushControl(randomBits)
  }

  // MARK: Sending

  /// Queues a whole message in one frame. `randomBits` becomes the masking key of a client: 32 fresh random bits for
  /// each call (RFC 6455, section 10.3).
  public mutating func send(
    _ payload: Span<UInt8>, kind: MessageKind, randomBits: UInt32
  ) throws(SendError) {
    if let sendingKind { throw .unfinishedMessage(sendingKind) }
    try sendFrame(payload, opcode: kind.opcode, isFinal: true, randomBits)
  }

  /// Starts the closing handshake. Of `reason` goes what is UTF-8 and fits, whole characters up to 123 bytes. Harmless
  /// when already closing.
  public mutating func close(_ code: CloseCode, reason: Span<UInt8>, randomBits: UInt32) {
    guard isOpen else { return }
    queueClose(code, reason: reason)
    phase = .closing
    flushControl(randomBits)
  }

  mutating func sendFrame(
    _ payload: Span<UInt8>, opcode: Opcode, isFinal: Bool, _ randomBits: UInt32
  ) throws(SendError) {
    guard isOpen else { throw .notOpen }
    let header = FrameHeader(
      isFinal: isFinal, opcode: opcode, maskingKey: maskingKey(randomBits),
      payloadLength: UInt64(extending: payload.count))
    // A Pong waits for room only, and there is none before output has been written.
    if !pong.isPending, append(header, payload) { return }
    let size = header.encodedSize &+ payload.count
    guard size <= sendCapacity else {
      throw .tooLarge(CapacityError(requiredBytes: size, capacityBytes: sendCapacity))
    }
    let waiting = pong.isPending ? pong.count &+ (role == .client ? 6 : 2) : 0
    throw .wouldBlock(neededBytes: size &+ waiting, freeBytes: sendBuffer.freeCapacity)
  }

  private var isOpen: Bool { phase == .open }

  private func maskingKey(_ randomBits: UInt32) -> UInt32? { role == .client ? randomBits : nil }

  // MARK: Control frames

  private mutating func queueClose(_ code: CloseCode?, reason: Span<UInt8> = Span()) {
    sentCloseCode = code
    (close.count, close.isPending) = (0, true)
    guard let code else { return }
    let bytes: InlineArray<2, UInt8> = [
      UInt8(truncatingIfNeeded: code.rawValue &>> 8), UInt8(truncatingIfNeeded: code.rawValue),
    ]
    close.append(bytes.span)
    let room = min(FrameHeader.maximumControlPayload, maximumPayload) &- 2
    close.append(reason.extracting(first: UTF8Validator.validPrefixCount(of: reason.extracting(first: room))))
  }

  /// Moves a waiting Pong or, behind it, a waiting Close to the output when there is room: one frame, because a masking
  /// key is good for one (section 5.3). The next goes when output has been written.
  private mutating func flushControl(_ randomBits: UInt32) {
    if pong.isPending {
      if append(pong, .pong, randomBits) { pong.isPending = false }
    } else if close.isPending, append(close, .close, randomBits) {
      close.isPending = false
      if phase == .closedByPeer { phase = .closed }
    }
  }

  private mutating func append(_ control: PendingControl, _ opcode: Opcode, _ randomBits: UInt32) -> Bool {
    let header = FrameHeader(
      isFinal: true, opcode: opcode, maskingKey: maskingKey(randomBits),
      payloadLength: UInt64(extending: control.count))
    return append(header, control.bytes.span.extracting(0..<control.count))
  }

  /// Adds one frame to the output; false, and nothing added, when it does not fit.
  @inline(__always)
  private mutating func append(_ header: FrameHeader, _ payload: Span<UInt8>) -> Bool {
    var space = sendBuffer.space
    guard let size = header.encode(with: payload, into: &space) else { return false }
    sendBuffer.commit(size)
    return true
  }
}
