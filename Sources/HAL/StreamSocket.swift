/// One TCP connection, used again for the next after `close()`. No call waits: each returns at once.
public protocol StreamSocket: ~Copyable {
  /// Starts name resolution, then the connection. `host` is a DNS name or an IP address in ASCII, at most 253 bytes
  /// (RFC 1035, section 2.3.4). Closes first what was open.
  mutating func open(host: Span<UInt8>, port: UInt16) throws(SocketError)

  /// How far the connection has come; to be asked until it is `connected` or throws.
  mutating func status() throws(SocketError) -> SocketStatus

  /// Reads what has arrived, at most `output.count` bytes.
  mutating func read(into output: inout MutableSpan<UInt8>) throws(SocketError) -> ReadResult

  /// Hands over as many bytes as there is room for and returns how many: 0 when there is none now.
  mutating func write(_ bytes: Span<UInt8>) throws(SocketError) -> Int

  /// Ends the connection at once; bytes handed over before may still be delivered. Harmless when not open.
  mutating func close()
}

/// How far a connection has come.
public enum SocketStatus: Equatable {
  case closed
  /// The name is being looked up.
  case resolving
  /// The address is known and has not answered yet.
  case connecting
  case connected
}

/// What a read brought.
public enum ReadResult: Equatable {
  /// So many bytes, at least one.
  case bytes(Int)
  /// Nothing has arrived; ask again when the socket is readable.
  case wouldBlock
  /// The peer has ended its side (FIN); nothing more will come.
  case end
}

/// Why a connection could not be made, or ended. `code` is the board's own number (errno, lwIP's `err_t`).
public enum SocketError: Error, Equatable {
  /// The host name is empty or longer than a DNS name can be.
  case invalidHost(byteCount: Int)
  /// No address for this name: it does not exist, or the name server did not answer.
  case nameNotFound(code: Int32)
  /// The peer answered that nothing listens there.
  case refused
  /// No way to the peer's network or host.
  case unreachable(code: Int32)
  /// The peer did not answer in the time the operating system allows.
  case timedOut
  /// The peer or the network cut the connection (RST).
  case reset
  /// The socket is not in a state in which this call makes sense.
  case notConnected
  /// The board has no socket, port or memory left.
  case outOfResources(code: Int32)
  /// Anything else.
  case failed(code: Int32)
}
