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
  private let handle: SessionHandle
  private var received = ByteBuffer<receiveCapacity>()
  private var toSend = ByteBuffer<sendCapacity>()
  private var phase = Phase.handshake
  private var inputHasEnded = false
  private var hasStoppedEarly = false
  /// The last call could not go on before the socket takes more.
  private var isWaitingForRoom = false

  private enum Phase {
    case handshake
    case open
    /// The peer has ended its side.
    case ended
    case failed(TLSError)
  }

  /// A client's session with the server of this name, a DNS name or an IP address in text: that is what the
  /// certificate is checked for. DNS names are also sent (SNI); addresses are not (RFC 6066).
  public init(client configuration: borrowing TLSConfiguration, serverName: Span<UInt8>) throws(TLSError) {
    handle = try SessionHandle(client: configuration.config, name: serverName, resumption: nil)
  }

  /// The same, resuming an earlier session if there is a ticket in `resumption`, and keeping new tickets there.
  public init(
    client configuration: borrowing TLSConfiguration, serverName: Span<UInt8>, resumption: borrowing TLSResumption
  ) throws(TLSError) {
    handle = try SessionHandle(client: configuration.config, name: serverName, resumption: resumption.slot)
  }

  /// A server's session with the client that has connected.
  public init(server configuration: borrowing TLSConfiguration) throws(TLSError) {
    handle = try SessionHandle(server: configuration.config)
  }

  /// Checks the certificates' dates against this time (UTC, since 1970) instead of the clock that mbedTLS reads; to be
  /// said before the handshake.
  public mutating func useTime(wallMilliseconds: UInt64) {
    handle.setTime(seconds: Int64(truncatingIfNeeded: wallMilliseconds / 1000))
  }

  // MARK: State

  /// Whether ciphertext is waiting for the socket to take it.
  public var hasPendingOutput: Bool { !toSend.isEmpty || handle.hasPendingOutput }

  /// Whether bytes have arrived that no call has given out yet: call again without waiting for the socket.
  public var hasBufferedInput: Bool {
    if isWaitingForRoom && hasPendingOutput { return false }
    return switch phase {
    case .handshake: !received.isEmpty || hasStoppedEarly
    case .open: !received.isEmpty || hasStoppedEarly || handle.hasPendingInput
    case .ended, .failed: false
    }
  }

  /// What was agreed; empty before the handshake is complete.
  public var information: TLSInformation { handle.information }

  /// Appends why the session failed, with names and dates, at most 256 bytes; nothing when it has not failed.
  @_lifetime(writer: copy writer)
  public func describeFailure(to writer: inout ByteWriter) {
    guard case .failed(let error) = phase else { return }
    if case .socket = error {
      error.describe(to: &writer)
    } else {
      handle.describeFailure(to: &writer)
    }
  }

  // MARK: Handshake

  /// Goes on with the handshake; true when it is complete (what is left to send goes with `flush`).
  public mutating func handshake<S: StreamSocket & ~Copyable>(over socket: inout S) throws(TLSError) -> Bool {
    switch phase {
    case .handshake: break
    case .open, .ended: return true
    case .failed(let error): throw error
    }
    hasStoppedEarly = false
    isWaitingForRoom = false
    for _ in 0..<roundsMaximum {
      var output = toSend.space
      let step = handle.handshake(received.bytes, ended: inputHasEnded, &output)
      settle(step)
      switch step.result {
      case CTLS_OK:
        phase = .open
        try drain(&socket)
        return true
      case CTLS_WANT_INPUT:
        try drain(&socket)
        guard try refill(&socket) else { return false }
      case CTLS_WANT_OUTPUT:
        try drain(&socket)
        guard toSend.isEmpty else {
          isWaitingForRoom = true
          return false
        }
      case CTLS_AGAIN: continue
      default: throw fail(&socket)
      }
    }
    hasStoppedEarly = true
    return false
  }

  // MARK: Data

  /// Reads what has arrived and been decrypted. To be repeated until `wouldBlock`. The end is the peer's close_notify
  /// or its FIN between two records; `information.isClosedByNotify` tells them apart.
  public mutating func read<S: StreamSocket & ~Copyable>(
    into output: inout MutableSpan<UInt8>, over socket: inout S
  ) throws(TLSError) -> ReadResult {
    switch phase {
    case .handshake: return .wouldBlock
    case .open: break
    case .ended: return .end
    case .failed(let error): throw error
    }
    guard output.count > 0 else { return .wouldBlock }
    hasStoppedEarly = false
    isWaitingForRoom = false
    for _ in 0..<roundsMaximum {
      var reply = toSend.space
      let step = handle.read(into: &output, received.bytes, ended: inputHasEnded, &reply)
      settle(step)
      switch step.result {
      case CTLS_OK: return .bytes(step.count)
      case CTLS_WANT_INPUT:
        guard try refill(&socket) else {
          try drain(&socket)
          return .wouldBlock
        }
      case CTLS_WANT_OUTPUT:
        try drain(&socket)
        guard toSend.isEmpty else {
          isWaitingForRoom = true
          return .wouldBlock
        }
      case CTLS_AGAIN: continue
      case CTLS_END:
        phase = .ended
        return .end
      default: throw fail(&socket)
      }
    }
    hasStoppedEarly = true
    return .wouldBlock
  }

  /// Takes bytes to be sent and returns how many; they are encrypted and need not be given again. 0: the socket is
  /// full, or the handshake is not complete.
  public mutating func write<S: StreamSocket & ~Copyable>(
    _ bytes: Span<UInt8>, over socket: inout S
  ) throws(TLSError) -> Int {
    var accepted = 0
    for _ in 0..<roundsMaximum {
      guard try flush(over: &socket), accepted < bytes.count else { break }
      if case .handshake = phase { return 0 }
      var output = toSend.space
      let step = handle.write(bytes.extracting(accepted..<bytes.count), &output)
      settle(step)
      if step.result == CTLS_FAILED { throw fail(&socket) }
      accepted += step.count
      if step.count == 0 { break }
    }
    return accepted
  }

  /// Sends what is pending; true when all has gone.
  public mutating func flush<S: StreamSocket & ~Copyable>(over socket: inout S) throws(TLSError) -> Bool {
    if case .failed(let error) = phase { throw error }
    // Ends: each round moves at least one byte of a record of limited size.
    while true {
      try drain(&socket)
      guard toSend.isEmpty else { return false }
      if case .handshake = phase { return true }
      guard handle.hasPendingOutput else { return true }
      var output = toSend.space
      let step = handle.flush(&output)
      settle(step)
      if step.result == CTLS_FAILED { throw fail(&socket) }
      guard step.produced > 0 else { return !handle.hasPendingOutput }
    }
  }

  /// Tells the peer that no more will come (close_notify), as far as the socket takes it now. What was pending goes
  /// before. Does not close the socket.
  public mutating func close<S: StreamSocket & ~Copyable>(over socket: inout S) {
    guard (try? flush(over: &socket)) == true else { return }
    var output = toSend.space
    let step = handle.close(&output)
    settle(step)
    try? drain(&socket)
  }

  // MARK: Between mbedTLS and the socket

  /// How often one call goes to the socket and back, so that a peer that never stops sending cannot hold it.
  private var roundsMaximum: Int { 32 }

  private mutating func settle(_ step: Step) {
    received.consume(step.consumed)
    toSend.commit(step.produced)
  }

  /// Sends as much as the socket takes; what is left stays in `toSend`.
  private mutating func drain<S: StreamSocket & ~Copyable>(_ socket: inout S) throws(TLSError) {
    while !toSend.isEmpty {
      let count: Int
      do throws(SocketError) {
        count = try socket.write(toSend.bytes)
      } catch {
        throw fail(error)
      }
      guard count > 0 else { return }
      toSend.consume(count)
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
    phase = .failed(.socket(error))
    return .socket(error)
  }

  /// Ends the session for the shim's reason; the alert that tells the peer goes as far as the socket takes it.
  private mutating func fail<S: StreamSocket & ~Copyable>(_ socket: inout S) -> TLSError {
    let error = handle.failure
    try? drain(&socket)
    phase = .failed(error)
    return error
  }
}
