import Bytes
public import WebSocket

/// A client's session on one channel, over any number of connections: which step of a connection is next, what was
/// received, and when to try again. Sans-I/O: the driver opens, reads, writes and closes the transport; every wait has a
/// limit (`Timeouts`), and `nextDeadlineMilliseconds` says when to call `poll` at the latest.
///
///     idle ─▶ resolving ─▶ connecting ─▶ securing ─▶ upgrading ─▶ joining ─▶ joinUnconfirmed ─▶ joined
///       ▲         │            │            │            │           │             │              │
///       └─ waitingToRetry ◀────┴────────────┴────────────┴─ closing ◀┴─────────────┴──────────────┘
public struct Session<let receiveCapacity: Int, let sendCapacity: Int>: ~Copyable {
  /// What has been received; the bytes are in `message`, valid until the next call of `receive`.
  public enum Event: Equatable {
    /// A whole message of the channel: a reading, another member's join header in the history, anything.
    case message(MessageKind)
    /// A part of a message that is larger than `receiveCapacity`.
    case chunk(MessageChunk)
    /// The server's or another member's Ping; answered already.
    case ping
  }

  /// Where the session stands.
  public private(set) var state = SessionState.idle
  /// Who this client is.
  public let identity: ChannelIdentity
  /// The limits of all waits.
  public let timeouts: Timeouts
  /// Joins that were confirmed.
  public private(set) var joinCount: UInt32 = 0
  /// Connections that were started.
  public private(set) var attemptCount: UInt32 = 0
  /// When `poll` is to be called at the latest, in milliseconds of the monotonic clock; `UInt64.max` for never, 0 before
  /// the first start, which is due at once.
  public private(set) var deadlineMilliseconds: UInt64 = 0

  let oversize: OversizePolicy
  var connection: Connection<receiveCapacity, sendCapacity>
  var handshake: ClientHandshake?
  private var backoff: Backoff
  var random = MaskingKeyGenerator(key0: 0, key1: 0)
  /// Whether the join header was sent on this connection.
  private var wasJoinSent = false
  /// Bytes of `output` up to the end of the join header.
  var joinHeaderBytes = 0
  /// When the state was entered, the last bytes came, and the last bytes went.
  var enteredMilliseconds: UInt64 = 0
  var receivedMilliseconds: UInt64 = 0
  var sentMilliseconds: UInt64 = 0
  /// When the join header was queued: its confirmation has one limit, however long the sending takes.
  private var joiningMilliseconds: UInt64 = 0
  /// When the join was confirmed, on this connection.
  private var joinedMilliseconds: UInt64?
  /// When the identity was first found taken, since the last confirmed join.
  private var ghostSinceMilliseconds: UInt64?

  /// A session that waits for `start`. `oversize` says what becomes of messages above `receiveCapacity`; refusing them
  /// ends the connection each time one is in the history.
  public init(
    identity: ChannelIdentity, timeouts: Timeouts = Timeouts(), backoff: Backoff = Backoff(),
    oversize: OversizePolicy = .stream(maximumBytes: 64 << 20)
  ) {
    self.identity = identity
    self.timeouts = timeouts
    self.backoff = backoff
    self.oversize = oversize
    connection = Connection(role: .client, oversize: oversize)
  }

  // MARK: Driving the transport

  /// Begins a connection; the driver starts to resolve the name. `seed` is 16 fresh random bytes, as two numbers, from
  /// which the masking keys and the jitter of this connection come.
  public mutating func start(seed: (UInt64, UInt64), nowMilliseconds: UInt64) {
    guard isStartDue(nowMilliseconds: nowMilliseconds) else { return }
    random = MaskingKeyGenerator(key0: seed.0, key1: seed.1)
    connection = Connection(role: .client, oversize: oversize)
    handshake = nil
    attemptCount &+= 1
    enter(.resolving, nowMilliseconds)
  }

  /// Ends the wait before the next try where the failure was a passing one: its cause may be gone.
  public mutating func retryNow(nowMilliseconds: UInt64) {
    guard case .waitingToRetry(let end) = state, end.kind == .retry else { return }
    deadlineMilliseconds = min(deadlineMilliseconds, nowMilliseconds)
  }

  /// The address is known, TCP is being connected.
  public mutating func transportIsConnecting(nowMilliseconds: UInt64) {
    if state == .resolving { enter(.connecting, nowMilliseconds) }
  }

  /// TCP is connected, the TLS handshake begins.
  public mutating func transportIsSecuring(nowMilliseconds: UInt64) {
    if state == .resolving || state == .connecting { enter(.securing, nowMilliseconds) }
  }

  /// The transport carries bytes: queues the upgrade request. `nonce` is 16 fresh random bytes; `target` is the path.
  public mutating func transportIsOpen(
    host: Span<UInt8>, port: UInt16, target: Span<UInt8>, nonce: InlineArray<16, UInt8>, nowMilliseconds: UInt64
  ) {
    guard state == .securing else { return }
    do throws(HandshakeError) {
      var subprotocol = InlineArray<14, UInt8>(repeating: 0)
      var writer = ByteWriter(subprotocol.mutableSpan)
      writer.append("mles-websocket")
      let handshake = try ClientHandshake(nonce: nonce, subprotocol: subprotocol.span)
      var refusal: HandshakeError?
      do throws(CapacityError) {
        try connection.writeHandshake { writer in
          do throws(HandshakeError) {
            try handshake.writeRequest(host: host, port: port, target: target, to: &writer)
          } catch { refusal = error }
        }
      } catch { refusal = .headTooLarge(limitBytes: error.capacityBytes) }
      if let refusal { throw refusal }
      self.handshake = consume handshake
      sentMilliseconds = nowMilliseconds
      enter(.upgrading, nowMilliseconds)
    } catch {
      enter(.waitingToRetry(.upgradeRefused(error)), nowMilliseconds)
    }
  }

  /// The transport has failed or ended. `failure` is nil for an orderly end of the stream.
  public mutating func transportEnded(_ failure: FailureKind?, nowMilliseconds: UInt64) {
    switch state {
    case .idle, .waitingToRetry, .stopped: return
    case .closing(let end): enter(end == .left ? .stopped : .waitingToRetry(end), nowMilliseconds)
    case .upgrading:
      let end = failure.map { SessionEnd.transportFailed($0) }
      enter(.waitingToRetry(end ?? .upgradeRefused(handshake?.truncation ?? .truncated(atByte: 0))), nowMilliseconds)
    default: enter(.waitingToRetry(failure.map { .transportFailed($0) } ?? .endOfStream), nowMilliseconds)
    }
  }

  /// Acts on deadlines that have passed; to be called at `deadlineMilliseconds` at the latest, and at any other time.
  public mutating func poll(nowMilliseconds: UInt64) {
    setDeadline(nowMilliseconds)
    guard nowMilliseconds >= deadlineMilliseconds else { return }
    switch state {
    case .idle, .waitingToRetry, .stopped: return
    case .resolving: timeOut(.resolve, timeouts.resolveMilliseconds, nowMilliseconds)
    case .connecting: timeOut(.connect, timeouts.connectMilliseconds, nowMilliseconds)
    case .securing: timeOut(.secure, timeouts.secureMilliseconds, nowMilliseconds)
    case .upgrading: timeOut(.upgrade, timeouts.upgradeMilliseconds, nowMilliseconds)
    case .closing(let end): enter(end == .left ? .stopped : .waitingToRetry(end), nowMilliseconds)
    case .joining, .joinUnconfirmed, .joined:
      if hasOutput, nowMilliseconds >= after(sentMilliseconds, timeouts.sendProgressMilliseconds) {
        timeOut(.sendProgress, timeouts.sendProgressMilliseconds, nowMilliseconds)
      } else if state == .joined {
        timeOut(.liveness, timeouts.livenessMilliseconds, nowMilliseconds)
      } else {
        timeOut(.joinConfirmation, timeouts.joinConfirmationMilliseconds, nowMilliseconds)
      }
    }
  }

  // MARK: Bytes out

  /// What is to be written to the transport next.
  public var output: Span<UInt8> {
    @_addressableSelf @_lifetime(borrow self)
    get { connection.output }
  }

  /// Whether anything waits to be written.
  public var hasOutput: Bool { connection.hasOutput }

  /// Says that the transport has taken the first `byteCount` bytes of `output`.
  public mutating func consumeOutput(_ byteCount: Int, nowMilliseconds: UInt64) {
    guard byteCount > 0 else { return }
    connection.consumeOutput(byteCount, randomBits: random.next())
    sentMilliseconds = nowMilliseconds
    guard state == .joining else { return setDeadline(nowMilliseconds) }
    // Messages may be queued behind the header before it has gone.
    joinHeaderBytes -= byteCount
    if joinHeaderBytes <= 0 { enter(.joinUnconfirmed, nowMilliseconds) }
  }

  // MARK: Messages

  /// The bytes of the message or chunk last received.
  public var message: Span<UInt8> {
    @_addressableSelf @_lifetime(borrow self)
    get { connection.message }
  }

  /// The largest message that can be sent, in bytes.
  public var maximumMessageBytes: Int { connection.maximumPayload }

  /// Whether messages can be queued: behind the join header, even while nothing has confirmed the join.
  public var canSend: Bool {
    switch state {
    case .joining, .joinUnconfirmed, .joined: true
    default: false
    }
  }

  /// Queues a message; false when there is no room now, or nothing can be sent in this state.
  public mutating func send(_ message: Span<UInt8>, kind: MessageKind, nowMilliseconds: UInt64) -> Bool {
    guard canSend else { return false }
    if !connection.hasOutput { sentMilliseconds = nowMilliseconds }
    do throws(Connection<receiveCapacity, sendCapacity>.SendError) {
      try connection.send(message, kind: kind, randomBits: random.next())
      setDeadline(nowMilliseconds)
      return true
    } catch { return false }
  }

  /// Leaves the channel for good, with a closing handshake where there is a connection.
  public mutating func leave(nowMilliseconds: UInt64) {
    switch state {
    case .joining, .joinUnconfirmed, .joined:
      connection.close(.normal, reason: Span(), randomBits: random.next())
      enter(.closing(.left), nowMilliseconds)
    case .closing(.left): break
    case .closing: enter(.closing(.left), nowMilliseconds)
    default: enter(.stopped, nowMilliseconds)
    }
  }

  // MARK: Transitions

  mutating func timeOut(_ wait: SessionWait, _ limitMilliseconds: UInt32, _ now: UInt64) {
    enter(.waitingToRetry(.timedOut(wait, limitMilliseconds: limitMilliseconds)), now)
  }

  mutating func enter(_ next: SessionState, _ now: UInt64) {
    state = next
    enteredMilliseconds = now
    switch next {
    case .joining: joiningMilliseconds = now
    case .joinUnconfirmed: wasJoinSent = true
    case .joined:
      joinCount &+= 1
      joinedMilliseconds = now
      ghostSinceMilliseconds = nil
    case .waitingToRetry(let end):
      // A connection that ended otherwise behind the join header may have left a new ghost.
      if wasJoinSent, end.kind != .ghost { ghostSinceMilliseconds = nil }
      wasJoinSent = false
      if let joinedMilliseconds, now >= after(joinedMilliseconds, timeouts.stableMilliseconds) { backoff.reset() }
      joinedMilliseconds = nil
      handshake = nil
      deadlineMilliseconds = after(now, retryDelay(end, now))
      return
    default: break
    }
    setDeadline(now)
  }

  private mutating func retryDelay(_ end: SessionEnd, _ now: UInt64) -> UInt32 {
    switch end.kind {
    case .retry: return backoff.nextDelayMilliseconds(random: random.next())
    case .permanent: return timeouts.permanentRetryMilliseconds
    case .ghost:
      let since = ghostSinceMilliseconds ?? now
      ghostSinceMilliseconds = since
      let isGhost = now < after(since, timeouts.ghostMilliseconds)
      return isGhost ? timeouts.ghostRetryMilliseconds : timeouts.permanentRetryMilliseconds
    }
  }

  mutating func setDeadline(_ now: UInt64) {
    let entered = enteredMilliseconds
    switch state {
    case .idle: deadlineMilliseconds = now
    case .waitingToRetry: break
    case .stopped: deadlineMilliseconds = .max
    case .resolving: deadlineMilliseconds = after(entered, timeouts.resolveMilliseconds)
    case .connecting: deadlineMilliseconds = after(entered, timeouts.connectMilliseconds)
    case .securing: deadlineMilliseconds = after(entered, timeouts.secureMilliseconds)
    case .upgrading: deadlineMilliseconds = after(entered, timeouts.upgradeMilliseconds)
    case .closing: deadlineMilliseconds = after(entered, timeouts.closeMilliseconds)
    case .joining, .joinUnconfirmed:
      deadlineMilliseconds = after(joiningMilliseconds, timeouts.joinConfirmationMilliseconds)
    case .joined: deadlineMilliseconds = after(receivedMilliseconds, timeouts.livenessMilliseconds)
    }
    if canSend, hasOutput {
      deadlineMilliseconds = min(
        deadlineMilliseconds, after(sentMilliseconds, timeouts.sendProgressMilliseconds))
    }
  }

  func after(_ start: UInt64, _ milliseconds: UInt32) -> UInt64 {
    start &+ UInt64(truncatingIfNeeded: milliseconds)
  }
}
