public import Bytes
public import HAL

/// What a channel client needs of the session that protects its connection. On every board, and wherever there is a
/// network, that is `TLSSession`; a simulation of a network that exists in memory only, over thousands of hours, passes
/// the bytes as they are.
///
/// What each requirement does, and when it is to be called again, is said at `TLSSession`.
public protocol ClientSecurity: ~Copyable {
  /// A place for sessions, without one.
  init()

  /// Begins a session with the server of this name.
  mutating func start(
    client configuration: borrowing TLSConfiguration, serverName: Span<UInt8>, resumption: borrowing TLSResumption
  ) throws(TLSError)

  /// Checks dates against this time (UTC, since 1970).
  mutating func useTime(wallMilliseconds: UInt64)

  /// Ends the session without a word to the peer.
  mutating func remove()

  /// Whether there is a session, be it one that has failed.
  var exists: Bool { get }
  /// Whether bytes are waiting for the socket to take them.
  var hasPendingOutput: Bool { get }
  /// Whether bytes have arrived that no call has given out yet.
  var hasBufferedInput: Bool { get }
  /// The version agreed on, and whether an earlier session was resumed.
  var agreement: (version: TLSVersion?, isResumed: Bool) { get }

  /// Appends why the session failed.
  @_lifetime(writer: copy writer)
  func describeFailure(to writer: inout ByteWriter)

  /// Goes on with the handshake; true when it is complete.
  mutating func handshake<S: StreamSocket & ~Copyable>(over socket: inout S) throws(TLSError) -> Bool

  /// Reads what has arrived.
  mutating func read<S: StreamSocket & ~Copyable>(
    into output: inout MutableSpan<UInt8>, over socket: inout S
  ) throws(TLSError) -> ReadResult

  /// Takes bytes to be sent and returns how many.
  mutating func write<S: StreamSocket & ~Copyable>(_ bytes: Span<UInt8>, over socket: inout S) throws(TLSError) -> Int

  /// Sends what is pending; true when all has gone.
  mutating func flush<S: StreamSocket & ~Copyable>(over socket: inout S) throws(TLSError) -> Bool

  /// Tells the peer that no more will come, as far as the socket takes it now.
  mutating func close<S: StreamSocket & ~Copyable>(over socket: inout S)
}

extension TLSSession: ClientSecurity {}
