public import Bytes
import CTLS
public import HAL

/// One TLS session over one connection, client or server, which never waits.
///
/// `receiveCapacity` and `sendCapacity` are the bytes of ciphertext kept between mbedTLS and the socket; any size
/// works. What is to be sent collects there and leaves in one `socket.write`: a handshake flight whole, if
/// `sendCapacity` holds it (a client's takes up to 0.7 KB, with a client certificate about 2 KB).
///
/// The socket is lent to each call, and stays the caller's: open it before, close it after.
///
/// When to call again: when the socket is readable; when it is writable, if `hasPendingOutput`; at once, if
/// `hasBufferedInput`.
public struct TLSSession<let receiveCapacity: Int, let sendCapacity: Int>: ~Copyable {
  private var handle: SessionHandle
  private var phase = Phase.none
  private var inputHasEnded = false
  private var hasStoppedEarly = false
  /// The last call could not go on before the socket takes more.
  private var isWaitingForRoom = false
  /// Says something in the phase `failed` only.
  private var failure = TLSError.closed
  private var received = ByteBuffer<receiveCapacity>()
  private var toSend = ByteBuffer<sendCapacity>()

  private enum Phase {
    /// There is no session.
    case none
    case handshake
    case open
    /// The peer has ended its side.
    case ended
    case failed
  }

  /// A place for sessions, without one: it has nothing to read, and takes nothing.
  public init() { handle = SessionHandle() }

  /// A client's session with the server of this name, a DNS name or an IP address in text: that is what the
  /// certificate is checked for. DNS names are also sent (SNI); addresses are not (RFC 6066).
  public init(client configuration: borrowing TLSConfiguration, serverName: Span<UInt8>) throws(TLSError) {
    handle = try SessionHandle(client: configuration.config, name: serverName, resumption: nil)
    phase = .handshake
  }

  /// The same, resuming an earlier session if there is a ticket in `resumption`, and keeping new tickets there.
  public init(
    client configuration: borrowing TLSConfiguration, serverName: Span<UInt8>, resumption: borrowing TLSResumption
  ) throws(TLSError) {
    self.init()
    try start(client: configuration, serverName: serverName, resumption: resumption)
  }

  /// A server's session with the client that has connected.
  public init(server configuration: borrowing TLSConfiguration) throws(TLSError) {
    handle = try SessionHandle(server: configuration.config)
    phase = .handshake
  }

  /// Begins a client's session in this place, where another may have been; see `init`.
  public mutating func start(
    client configuration: borrowing TLSConfiguration, serverName: Span<UInt8>, resumption: borrowing TLSResumption
  ) throws(TLSError) {
    remove()
    handle = try SessionHandle(client: configuration.config, name: serverName, resumption: resumption.slot)
    phase = .handshake
  }

  /// Ends the session without a word to the peer, and gives its memory back.
  public mutating func remove() {
    handle = SessionHandle()
    (phase, inputHasEnded, hasStoppedEarly, isWaitingForRoom) = (.none, false, false, false)
    received.clear()
    toSend.clear()
  }

  /// Checks the certificates' dates against this time (UTC, since 1970) instead of the clock that mbedTLS reads; to be
  /// said before the handshake.
  public mutating func useTime(wallMilliseconds: UInt64) {
    handle.setTime(seconds: Int64(bitPattern: wallMilliseconds / 1000))
  }

  // MARK: State

  /// Whether there is a session, be it one that has failed.
  public var exists: Bool { handle.exists }

  /// Whether ciphertext is waiting for the socket to take it.
  public var hasPendingOutput: Bool { !toSend.isEmpty || (handle.exists && handle.hasPendingOutput) }

  /// Whether bytes have arrived that no call has given out yet: call again without waiting for the socket.
  public var hasBufferedInput: Bool {
    guard phase == .handshake || phase == .open, !(isWaitingForRoom && hasPendingOutput) else { return false }
    return !received.isEmpty || hasStoppedEarly || (phase == .open && handle.hasPendingInput)
  }

  /// What was agreed; empty before the handshake is complete.
  public var information: TLSInformation { handle.exists ? handle.information : TLSInformation() }

  /// The version agreed on, nil before the handshake is complete, and whether an earlier session was resumed.
  public var agreement: (version: TLSVersion?, isResumed: Bool) { handle.exists ? handle.agreement : (nil, false) }

  /// Appends why the session failed, with names and dates, at most 256 bytes; nothing when it has not failed.
  @_lifetime(writer: copy writer)
  public func describeFailure(to writer: inout ByteWriter) {
    guard phase == .failed else { return }
    if case .socket = failure {
      failure.describe(to: &writer)
    } else {
      handle.describeFailure(to: &writer)
    }
  }

  // MARK: Handshake

  /// Goes on with the handshake; true when it is complete (what is left to send goes with `flush`).
  public mutating func handshake<S: StreamSocket & ~Copyable>(over socket: inout S) throws(TLSError) -> Bool {
    try checkFailure()
    guard phase == .handshake else { return phase != .none }
    guard try work(.handshake, UnsafeMutableBufferPointer(start: nil, count: 0), &socket) != nil else { return false }
    phase = .open
    try drain(&socket)
    return true
  }

  // MARK: Data

  /// Reads what has arrived and been decrypted. To be repeated until `wouldBlock`. The end is the peer's close_notify
  /// or its FIN between two records; `information.isClosedByNotify` tells them apart.
  public mutating func read<S: StreamSocket & ~Copyable>(
    into output: inout MutableSpan<UInt8>, over socket: inout S
  ) throws(TLSError) -> ReadResult {
    try checkFailure()
    if phase == .ended { return .end }
    guard phase == .open, output.count > 0 else { return .wouldBlock }
    let step = try output.withUnsafeMutableBufferPointer { output throws(TLSError) in
      try work(.read, output, &socket)
    }
    guard let step else { return .wouldBlock }
    guard step.result == CTLS_END else { return .bytes(step.count) }
    phase = .ended
    return .end
  }

  /// Takes bytes to be sent and returns how many; they are encrypted and need not be given again. 0: the socket is
  /// full, or the handshake is not complete.
  public mutating func write<S: StreamSocket & ~Copyable>(
    _ bytes: Span<UInt8>, over socket: inout S
  ) throws(TLSError) -> Int {
    var accepted = 0
    for _ in 0..<roundsMaximum {
      guard try flush(over: &socket), phase == .open || phase == .ended, accepted < bytes.count else { break }
      let step = bytes.extracting(droppingFirst: accepted).withUnsafeBufferPointer { rest in
        perform(.write, UnsafeMutableBufferPointer(mutating: rest))
      }
      if step.result == CTLS_FAILED { throw fail(&socket) }
      accepted &+= step.count
      if step.count == 0 { break }
    }
    return accepted
  }

  /// Sends what is pending; true when all has gone.
  public mutating func flush<S: StreamSocket & ~Copyable>(over socket: inout S) throws(TLSError) -> Bool {
    try checkFailure()
    // Ends: each round moves at least one byte of a record of limited size.
    while true {
      try drain(&socket)
      guard toSend.isEmpty else { return false }
      guard phase != .none, phase != .handshake, handle.hasPendingOutput else { return true }
      let step = perform(.flush)
      if step.result == CTLS_FAILED { throw fail(&socket) }
      guard step.produced > 0 else { return !handle.hasPendingOutput }
    }
  }

  /// Tells the peer that no more will come (close_notify), as far as the socket takes it now. What was pending goes
  /// before. Does not close the socket.
  public mutating func close<S: StreamSocket & ~Copyable>(over socket: inout S) {
    guard phase != .none, (try? flush(over: &socket)) == true else { return }
    _ = perform(.close)
    try? drain(&socket)
  }

  // MARK: Between mbedTLS and the socket

  /// How often one call goes to the socket and back, so that a peer that never stops sending cannot hold it.
  private var roundsMaximum: Int { 32 }

  private func checkFailure() throws(TLSError) {
    if phase == .failed { throw failure }
  }

  @inline(never)
  private mutating func perform(
    _ operation: Operation, _ plaintext: UnsafeMutableBufferPointer<UInt8> = .init(start: nil, count: 0)
  ) -> Step {
    var output = toSend.space
    let step = handle.perform(operation, plaintext, received.bytes, ended: inputHasEnded, &output)
    received.consume(step.consumed)
    toSend.commit(step.produced)
    return step
  }

  /// Goes on with a handshake or a read, to the socket and back, until it is done; nil when the socket has to be waited
  /// for.
  private mutating func work<S: StreamSocket & ~Copyable>(
    _ operation: Operation, _ plaintext: UnsafeMutableBufferPointer<UInt8>, _ socket: inout S
  ) throws(TLSError) -> Step? {
    (hasStoppedEarly, isWaitingForRoom) = (false, false)
    for _ in 0..<roundsMaximum {
      let step = perform(operation, plaintext)
      switch step.result {
      case CTLS_OK, CTLS_END: return step
      case CTLS_WANT_INPUT:
        // A flight leaves before its answer is waited for.
        if operation == .handshake { try drain(&socket) }
        guard try refill(&socket) else {
          try drain(&socket)
          return nil
        }
      case CTLS_WANT_OUTPUT:
        try drain(&socket)
        isWaitingForRoom = !toSend.isEmpty
        if isWaitingForRoom { return nil }
      case CTLS_AGAIN: continue
      default: throw fail(&socket)
      }
    }
    hasStoppedEarly = true
    return nil
  }

  /// Sends as much as the socket takes; what is left stays in `toSend`.
  private mutating func drain<S: StreamSocket & ~Copyable>(_ socket: inout S) throws(TLSError) {
    while !toSend.isEmpty {
      let count: Int
      do throws(SocketError) {
        count = try socket.write(toSend.bytes)
      } catch {
        throw failureBehindReset(&socket) ?? fail(error)
      }
      guard count > 0 else { return }
      toSend.consume(count)
    }
  }

  /// The alert of a peer that closed the connection before it had read everything, which resets it: so comes that of a TLS
  /// 1.3 server that wants a client certificate (RFC 8446, section 4.4.2.4). Data before it is lost; an end is the reset's.
  private mutating func failureBehindReset<S: StreamSocket & ~Copyable>(_ socket: inout S) -> TLSError? {
    guard phase == .open else { return nil }
    var lost = InlineArray<64, UInt8>(repeating: 0)
    var space = lost.mutableSpan
    return space.withUnsafeMutableBufferPointer { lost in
      for _ in 0..<roundsMaximum {
        switch perform(.read, lost).result {
        case CTLS_OK, CTLS_AGAIN: continue
        case CTLS_WANT_INPUT where (try? refill(&socket)) == true && !inputHasEnded: continue
        case CTLS_FAILED:
          (phase, failure) = (.failed, handle.failure)
          return failure
        default: return nil
        }
      }
      return nil
    }
  }

  /// Receives more; false when nothing has arrived.
  private mutating func refill<S: StreamSocket & ~Copyable>(_ socket: inout S) throws(TLSError) -> Bool {
    guard received.isEmpty, !inputHasEnded else { return true }
    let result: ReadResult
    do throws(SocketError) {
      var space = received.space
      result = try socket.read(into: &space)
    } catch {
      throw fail(error)
    }
    switch result {
    case .bytes(let count): received.commit(count)
    case .wouldBlock: return false
    case .end: inputHasEnded = true
    }
    return true
  }

  private mutating func fail(_ error: SocketError) -> TLSError {
    (phase, failure) = (.failed, .socket(error))
    return failure
  }

  /// Ends the session for the shim's reason; the alert that tells the peer goes as far as the socket takes it.
  private mutating func fail<S: StreamSocket & ~Copyable>(_ socket: inout S) -> TLSError {
    let error = handle.failure
    try? drain(&socket)
    (phase, failure) = (.failed, error)
    return error
  }
}
