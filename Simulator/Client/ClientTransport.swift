import Bytes
import HAL
import TLS

/// A client's bytes on their way: TCP, and TLS above it unless the URL is ws://. No call waits; errors are in words.
struct ClientTransport: ~Copyable {
  /// Two TLS records of the largest size, and the headers around them, fit.
  private typealias Session = TLSSession<33_280, 33_280>

  private var socket = LinuxSocket()
  private var tls: Session?
  private var hasTLS = false

  // MARK: TCP

  /// Starts a connection to this address; ends the one before.
  mutating func open(_ address: SocketAddress) throws(RunFailure) {
    do { try socket.open(addresses: [address]) } catch { throw Self.failure(error) }
  }

  /// Whether the TCP connection is there.
  mutating func isConnected() throws(RunFailure) -> Bool {
    do { return try socket.status() == .connected } catch { throw Self.failure(error) }
  }

  /// What to poll, once there is a connection or a try at one.
  var pollDescriptor: Int32? { socket.pollDescriptor }
  /// The server's address.
  var peerAddress: SocketAddress? { socket.peerAddress }
  /// This end's address.
  var localAddress: SocketAddress? { socket.localAddress }

  /// Ends the connection, TLS in order as far as the socket takes it now.
  mutating func close() {
    if hasTLS { tls?.close(over: &socket) }
    tls = nil
    hasTLS = false
    socket.close()
  }

  // MARK: TLS

  /// Prepares TLS with the server that is called `name`.
  mutating func startTLS(_ configuration: borrowing TLSConfiguration?, serverName name: String) throws(RunFailure) {
    let bytes = Array(name.utf8)
    do throws(TLSError) {
      switch configuration {
      case .none: throw .invalidArgument
      case .some(let configuration): tls = try Session(client: configuration, serverName: bytes.span)
      }
      hasTLS = true
    } catch {
      throw RunFailure("TLS: " + describing(error.describe(to:)))
    }
  }

  /// Goes on with the TLS handshake; true once it is complete.
  mutating func handshake() throws(RunFailure) -> Bool {
    do { return try tls?.handshake(over: &socket) ?? true } catch { throw failure(error) }
  }

  /// What TLS has agreed on.
  var tlsInformation: TLSInformation? {
    switch tls {
    case .none: nil
    case .some(let session): session.information
    }
  }

  // MARK: Bytes

  /// Whether bytes wait for the socket to become writable.
  var hasPendingOutput: Bool {
    switch tls {
    case .none: false
    case .some(let session): session.hasPendingOutput
    }
  }

  /// Whether more may be read although nothing new arrives.
  var hasBufferedInput: Bool {
    switch tls {
    case .none: false
    case .some(let session): session.hasBufferedInput
    }
  }

  /// Reads what has arrived.
  mutating func read(into output: inout MutableSpan<UInt8>) throws(RunFailure) -> ReadResult {
    guard hasTLS else {
      do { return try socket.read(into: &output) } catch { throw Self.failure(error) }
    }
    do { return try tls?.read(into: &output, over: &socket) ?? .end } catch { throw failure(error) }
  }

  /// Takes as many bytes as there is room for; 0 when there is none now.
  mutating func write(_ bytes: Span<UInt8>) throws(RunFailure) -> Int {
    guard hasTLS else {
      do { return try socket.write(bytes) } catch { throw Self.failure(error) }
    }
    do { return try tls?.write(bytes, over: &socket) ?? 0 } catch { throw failure(error) }
  }

  /// Sends what TLS still holds; true once it is gone.
  mutating func flush() throws(RunFailure) -> Bool {
    do { return try tls?.flush(over: &socket) ?? true } catch { throw failure(error) }
  }

  // MARK: Errors

  private static func failure(_ error: SocketError) -> RunFailure {
    RunFailure(describing(error.describe(to:)))
  }

  private func failure(_ error: TLSError) -> RunFailure {
    if case .socket(let cause) = error { return Self.failure(cause) }
    return RunFailure("TLS: " + describing { writer in tls?.describeFailure(to: &writer) })
  }
}

extension TLSVersion {
  /// `TLSv1.2` or `TLSv1.3`, as OpenSSL and Wireshark write them.
  var name: String {
    switch self {
    case .tls12: "TLSv1.2"
    case .tls13: "TLSv1.3"
    }
  }
}
