public import Bytes
public import HAL
public import Mles
public import TLS
import WebSocket

/// The TLS session of a client. A ClientHello, or a flight with a client certificate, fits into 2 KiB and leaves in one
/// write.
public typealias ClientTLSSession = TLSSession<1024, 2048>

/// One client on one channel: drives socket, TLS and session through connection after connection, sends what is in the
/// outbox, and hands out what arrives. Nothing in it waits: `next` does what can be done now.
public struct ChannelClient<
  Socket: StreamSocket & ~Copyable, Security: ClientSecurity & ~Copyable, let receiveCapacity: Int,
  let sendCapacity: Int
>: ~Copyable {
  /// The channel session, which holds messages of up to `receiveCapacity` bytes and `sendCapacity` bytes of output.
  public typealias ChannelSession = Session<receiveCapacity, sendCapacity>

  /// Where plaintext waits between TLS and the session; any size works.
  public typealias InputBuffer = InlineArray<512, UInt8>

  /// What TLS agreed on with the server last, nil before the first handshake was completed.
  public internal(set) var tlsVersion: TLSVersion?
  /// Whether the last handshake resumed an earlier TLS session.
  public internal(set) var isResumed = false
  /// Whether `next` stopped reading though there may be more.
  public internal(set) var hasMoreInput = false
  /// Whether to leave the channel as soon as everything in the outbox has been sent: the server's answer to that proves
  /// that it was read. Without one the client comes back, and looks what the server has. Nothing happens with an outbox
  /// that is empty.
  public var leavesWhenSent = false
  var isSocketOpen = false
  /// Whether the session has returned nil for the bytes in `input`, so that others may take their place.
  var isInputUsedUp = true
  var inputStart = 0
  var inputEnd = 0
  /// TLS handshakes that were completed.
  public internal(set) var handshakeCount: UInt32 = 0
  /// Those of them that resumed an earlier TLS session.
  public internal(set) var resumedCount: UInt32 = 0
  /// UTC when the connection was started, for the certificates' dates; nil: mbedTLS's own clock.
  var wallMilliseconds: UInt64?
  /// Why the transport failed last, nil when it never has.
  public internal(set) var lastFailure: TransportFailure?
  /// The socket, for the driver's event loop.
  public internal(set) var socket: Socket
  let configuration: TLSConfiguration
  /// The server's newest ticket; its place is made with the first connection, where a lack of memory can be told.
  var resumption: TLSResumption?
  // The large ones last: what is near the start is reached with shorter instructions.
  /// The last failure in words, with a certificate's details.
  var failureWords = ByteBuffer<160>()
  /// Where the server is.
  public let endpoint: Endpoint
  /// The channel session.
  public internal(set) var session: ChannelSession
  var tls = Security()
  /// Plaintext taken from TLS and not yet read by the session.
  var input = InputBuffer(repeating: 0)

  /// How often `next` reads from TLS at most; what is left then is for its next call.
  static var readsPerCall: Int { 16 }

  /// A client that is not connected. `configuration` says whom to trust; `session` is made in its place in the client, not
  /// on the stack first.
  public init(
    endpoint: Endpoint, session: @autoclosure () -> ChannelSession, socket: consuming Socket,
    configuration: consuming TLSConfiguration
  ) {
    self.endpoint = endpoint
    self.session = session()
    self.socket = socket
    self.configuration = configuration
  }

  /// Writes why a connection ended, in words; for the transport's failures with what they are about.
  @_lifetime(writer: copy writer)
  public func describe(_ end: SessionEnd, to writer: inout ByteWriter) {
    if case .transportFailed = end { writer.append(failureWords.bytes) } else { end.describe(to: &writer) }
  }

  /// The bytes of the message last received.
  public var message: Span<UInt8> {
    @_addressableSelf @_lifetime(borrow self)
    get { session.message }
  }

  /// Whether the driver should wake this client when the socket takes more bytes (or has connected).
  public var wantsWrite: Bool {
    isSocketOpen && (session.phase.isWithin(.resolving, .connecting) || tls.hasPendingOutput)
  }

  /// Whether the driver should wake this client when the socket has bytes.
  public var wantsRead: Bool { isSocketOpen && tls.exists }

  var hasResumption: Bool {
    switch resumption {
    case .none: false
    case .some: true
    }
  }

  /// Whether encrypted bytes wait for the socket to take them.
  public var hasPendingOutput: Bool { tls.hasPendingOutput }

  /// Whether TLS has taken bytes from the socket, which then is not readable, and can go on with them now.
  var isHoldingInput: Bool { tls.hasBufferedInput && !tls.hasPendingOutput }

  /// Does what can be done now and returns what arrived first, or nil when there is nothing more to do before the socket
  /// is ready or `session.deadlineMilliseconds` has come. Call it until it returns nil, but not without a limit: a server
  /// that floods would hold the caller.
  public mutating func next<Entropy: EntropySource & ~Copyable, let bytes: Int, let messages: Int>(
    _ outbox: inout Outbox<bytes, messages>, entropy: inout Entropy, nowMilliseconds: UInt64
  ) -> ChannelSession.Event? {
    var event: ChannelSession.Event?
    hasMoreInput = false
    do throws(TransportFailure) {
      if session.wantsTransport, !isCarryingBytes { try advance(&entropy, nowMilliseconds) }
      // Read first: why the server ended the connection is lost once a write has failed.
      if session.wantsTransport, isCarryingBytes { event = try receiveNext(nowMilliseconds) }
      if let event { learn(from: event, &outbox, nowMilliseconds) }
      if session.wantsTransport, isCarryingBytes { try sendAll(&outbox, nowMilliseconds) }
    } catch {
      fail(error, nowMilliseconds)
    }
    // Deadlines last: what has arrived in the meantime counts, though the caller comes late.
    session.poll(nowMilliseconds: nowMilliseconds)
    if !session.wantsTransport {
      let hasUnsentBytes = tls.hasPendingOutput
      closeTransport()
      // Nobody answers a Close that has not gone.
      if session.hasLeftInOrder, !hasUnsentBytes { outbox.confirmSent() }
      outbox.rewind(wasRead: !session.end.isRefusal)
      if leavesWhenSent, !outbox.isEmpty { session.rejoin(nowMilliseconds: nowMilliseconds) }
    }
    return event
  }

  /// Starts a connection when it is time for one; false when it is not. `wallMilliseconds` is UTC, against which the dates
  /// of certificates are checked; nil: against the clock that mbedTLS reads.
  public mutating func startIfDue<Entropy: EntropySource & ~Copyable>(
    entropy: inout Entropy, nowMilliseconds: UInt64, wallMilliseconds: UInt64? = nil
  ) -> Bool {
    guard session.isStartDue(nowMilliseconds: nowMilliseconds) else { return false }
    closeTransport()
    self.wallMilliseconds = wallMilliseconds
    do throws(TransportFailure) {
      let seed = try Self.random(from: &entropy)
      session.start(seed: (seed.number(at: 0), seed.number(at: 8)), nowMilliseconds: nowMilliseconds)
      try open()
    } catch {
      session.start(seed: (nowMilliseconds, 0), nowMilliseconds: nowMilliseconds)
      fail(error, nowMilliseconds)
    }
    return true
  }

  /// Leaves the channel for good, whatever is in the outbox; call `next` until the session's state is `stopped`.
  public mutating func leave(nowMilliseconds: UInt64) {
    leavesWhenSent = false
    session.leave(nowMilliseconds: nowMilliseconds)
  }
}
