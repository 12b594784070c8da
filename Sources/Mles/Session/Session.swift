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
    /// A part of a message that is larger than `receiveCapacity`; `chunk` says which.
    case chunk
    /// A Ping of another member, as far as can be told, or one before the join header had gone; answered already.
    case ping
    /// The server's own Ping, as far as can be told: it is empty, and does not come too soon; answered already. The server
    /// has replayed the history before it, and still counts what it has not heard.
    case serverPing
  }

  /// Where the session stands.
  public internal(set) var phase = SessionPhase.idle
  /// Why the last connection ended; what it is while `phase` is `closing` or `waitingToRetry`.
  public internal(set) var end = SessionEnd.left
  /// Joins that were confirmed.
  public internal(set) var joinCount: UInt32 = 0
  /// Connections that were started.
  public private(set) var attemptCount: UInt32 = 0
  /// When `poll` is to be called at the latest, in milliseconds of the monotonic clock; `UInt64.max` for never, 0 before
  /// the first start, which is due at once.
  public internal(set) var deadlineMilliseconds: UInt64 = 0

  /// When the phase was entered, when the wait that it is began, and when the last bytes went.
  var enteredMilliseconds: UInt64 = 0
  var waitingSinceMilliseconds: UInt64 = 0
  var sentMilliseconds: UInt64 = 0
  /// Bytes of `output` up to the end of the join header.
  var joinHeaderBytes = 0
  /// Whether the join header was sent on this connection.
  var wasJoinSent = false
  /// When the upgrade was answered, on this connection; the server's ticks count from there.
  var upgradedMilliseconds: UInt64 = 0
  /// Whether the server's first own Ping has come on this connection.
  var hasReplayEnded = false
  /// Connections in a row that ended behind the join header and before that.
  var cutReplayCount: UInt8 = 0
  /// Why the connection ended on which this end left.
  var leaveEnd = SessionEnd.endOfStream
  /// Whether the last connection ended because this end left, and the server has read everything that was sent before the
  /// Close: it ends the stream in answer to that.
  public internal(set) var hasLeftInOrder = false
  /// Which spelling of the authentication value the join header carries, 0 for the canonical one.
  var spelling: UInt8 = 0
  /// Spellings tried and refused since the last confirmed join.
  var refusedSpellings: UInt8 = 0
  /// Whether a refused identity is tried again at once under another spelling.
  let respellsRefusedIdentity: Bool
  /// When the join was confirmed, on this connection.
  var joinedMilliseconds: UInt64?
  /// When the identity was first found taken, since the last confirmed join.
  var ghostSinceMilliseconds: UInt64?
  var backoff: Backoff
  var random = MaskingKeyGenerator(key0: 0, key1: 0)
  /// The limits of all waits.
  public let timeouts: Timeouts
  /// Who this client is.
  public let identity: ChannelIdentity
  // The large ones last: what is near the start is reached with shorter instructions.
  var handshake = ClientHandshake()
  var connection: Connection<receiveCapacity, sendCapacity>

  /// A session that waits for `start`. `oversize` says what becomes of messages above `receiveCapacity`; refusing them
  /// ends the connection each time one is in the history.
  ///
  /// `respellsRefusedIdentity`: an identity that is refused because it is on the channel already is tried again at once
  /// under another spelling of the same authentication value, which to the server is another identity (mles-rs 2.9.2).
  /// Off by default: until the server lets go of the old connection the node is a member twice, and two nodes that were
  /// given the same name by mistake both get in.
  public init(
    identity: ChannelIdentity, timeouts: Timeouts = Timeouts(), backoff: Backoff = Backoff(),
    oversize: OversizePolicy = .stream(maximumBytes: 64 << 20), respellsRefusedIdentity: Bool = false
  ) {
    self.respellsRefusedIdentity = respellsRefusedIdentity
    self.identity = identity
    self.timeouts = timeouts
    self.backoff = backoff
    connection = Connection(role: .client, oversize: oversize)
  }

  /// Where the session stands, with the reason where a connection has ended.
  public var state: SessionState { SessionState(phase, end) }

  // MARK: Driving the transport

  /// Whether the server has sent, on this connection, all of the channel's history that it has: its first own Ping comes
  /// behind it, unless the replay takes longer than 24 s. A Ping with a payload, or one that comes too soon to be the
  /// server's own, is another member's.
  ///
  /// The wait for it has a limit, a short one where no connection lives until then (`Timeouts.cutReplaysMax` in a row):
  /// better a message twice, which its number tells, than never.
  public func isReplayOver(nowMilliseconds: UInt64) -> Bool {
    hasReplayEnded || nowMilliseconds >= replayLimit
  }

  /// Whether the driver may start a connection now: nothing was tried yet, or the wait before the next try is over.
  public func isStartDue(nowMilliseconds: UInt64) -> Bool {
    phase == .idle || (phase == .waitingToRetry && nowMilliseconds >= deadlineMilliseconds)
  }

  /// Whether the transport is to be open; when not, the driver closes it.
  public var wantsTransport: Bool { phase.isWithin(.resolving, .closing) }

  /// Begins a connection; the driver starts to resolve the name. `seed` is 16 fresh random bytes, as two numbers, from
  /// which the masking keys and the jitter of this connection come.
  public mutating func start(seed: (UInt64, UInt64), nowMilliseconds: UInt64) {
    guard isStartDue(nowMilliseconds: nowMilliseconds) else { return }
    random = MaskingKeyGenerator(key0: seed.0, key1: seed.1)
    connection.reset()
    hasReplayEnded = false
    hasLeftInOrder = false
    attemptCount &+= 1
    enter(.resolving, nowMilliseconds)
  }

  /// Ends the wait before the next try where the failure was a passing one: its cause may be gone.
  public mutating func retryNow(nowMilliseconds: UInt64) {
    guard phase == .waitingToRetry, end.kind == .retry else { return }
    deadlineMilliseconds = min(deadlineMilliseconds, nowMilliseconds)
  }

  /// The address is known, TCP is being connected.
  public mutating func transportIsConnecting(nowMilliseconds: UInt64) {
    if phase == .resolving { enter(.connecting, nowMilliseconds) }
  }

  /// TCP is connected, the TLS handshake begins.
  public mutating func transportIsSecuring(nowMilliseconds: UInt64) {
    if phase.isWithin(.resolving, .connecting) { enter(.securing, nowMilliseconds) }
  }

  /// The transport carries bytes: queues the upgrade request. `nonce` is 16 fresh random bytes; `target` is the path.
  public mutating func transportIsOpen(
    host: Span<UInt8>, port: UInt16, target: Span<UInt8>, nonce: InlineArray<16, UInt8>, nowMilliseconds: UInt64
  ) {
    guard phase == .securing else { return }
    do throws(HandshakeError) {
      let subprotocol: StaticString = "mles-websocket"
      try handshake.start(nonce: nonce, subprotocol: subprotocol.bytes)
      var writer = ByteWriter(connection.handshakeSpace)
      try handshake.writeRequest(host: host, port: port, target: target, to: &writer)
      guard !writer.hasOverflowed else { throw .headTooLarge(limitBytes: writer.capacity) }
      let count = writer.requiredCount
      connection.commitHandshake(count)
      sentMilliseconds = nowMilliseconds
      enter(.upgrading, nowMilliseconds)
    } catch {
      retry(.upgradeRefused(error), nowMilliseconds)
    }
  }

  /// The transport has failed or ended. `failure` is nil for an orderly end of the stream.
  public mutating func transportEnded(_ failure: FailureKind?, nowMilliseconds: UInt64) {
    guard wantsTransport else { return }
    if phase == .closing {
      // Only a member that left; what an unconfirmed join has sent may have been ignored. Nobody answers a Close that has
      // not gone.
      hasLeftInOrder = isLeaving && failure == nil && joinedMilliseconds != nil && !hasOutput
      finishClosing(failure.map { .transportFailed($0) } ?? .endOfStream, nowMilliseconds)
    } else if let failure {
      retry(.transportFailed(failure), nowMilliseconds)
    } else {
      retry(phase == .upgrading ? .upgradeRefused(handshake.truncation) : .endOfStream, nowMilliseconds)
    }
  }

  /// Acts on deadlines that have passed; to be called at `deadlineMilliseconds` at the latest, and at any other time.
  public mutating func poll(nowMilliseconds: UInt64) {
    setDeadline(nowMilliseconds)
    guard nowMilliseconds >= deadlineMilliseconds, let wait = phase.wait else { return }
    guard wait != .close else {
      return finishClosing(.timedOut(.close, limitMilliseconds: timeouts[.close]), nowMilliseconds)
    }
    let isStuck = canSend && hasOutput && nowMilliseconds >= after(sentMilliseconds, timeouts.sendProgressMilliseconds)
    let missed = isStuck ? .sendProgress : wait
    retry(.timedOut(missed, limitMilliseconds: timeouts[missed]), nowMilliseconds)
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
    // Messages may be queued behind the header before it has gone.
    if phase == .joining {
      joinHeaderBytes &-= byteCount
      if joinHeaderBytes <= 0 { return enter(.joinUnconfirmed, nowMilliseconds) }
    }
    setDeadline(nowMilliseconds)
  }

  // MARK: Messages

  /// The bytes of the message or chunk last received.
  public var message: Span<UInt8> {
    @_addressableSelf @_lifetime(borrow self)
    get { connection.message }
  }

  /// Which part of its message the chunk last received is.
  public var chunk: MessageChunk { connection.chunk }

  /// The largest message that can be sent, in bytes.
  public var maximumMessageBytes: Int { connection.maximumPayload }

  /// Whether messages can be queued: behind the join header, even while nothing has confirmed the join.
  public var canSend: Bool { phase.isWithin(.joining, .joined) }

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

  /// Comes back after leaving, as after a connection that has ended.
  public mutating func rejoin(nowMilliseconds: UInt64) {
    guard phase == .stopped else { return }
    retry(leaveEnd, nowMilliseconds)
  }

  /// Leaves the channel for good, with a closing handshake where there is a connection.
  public mutating func leave(nowMilliseconds: UInt64) {
    if canSend {
      connection.close(.normal, reason: Span(), randomBits: random.next())
      close(.left, nowMilliseconds)
    } else if phase != .closing {
      enter(.stopped, nowMilliseconds)
    } else if !isLeaving {
      // What ends the stream now is not an answer to this end's leaving.
      joinedMilliseconds = nil
      close(.left, nowMilliseconds)
    }
  }
}
