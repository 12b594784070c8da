import HAL

/// What a connection of the relay runs over. No call waits.
protocol RelayTransport: AnyObject {
  /// What to poll.
  var fileDescriptor: Int32? { get }
  /// Whether bytes wait for the socket to become writable.
  var wantsToWrite: Bool { get }
  /// Whether more may be read although nothing new arrives.
  var hasBufferedInput: Bool { get }
  /// Goes on with the handshake; true once it is done.
  func handshake() throws(TransportFailure) -> Bool
  /// Reads what has arrived.
  func read(into output: inout MutableSpan<UInt8>) throws(TransportFailure) -> ReadResult
  /// Takes as many bytes as there is room for; 0 when there is none now.
  func write(_ bytes: Span<UInt8>) throws(TransportFailure) -> Int
  /// Hands what `write` took to the system; true once all of it is.
  func flush() throws(TransportFailure) -> Bool
  /// Sends FIN, without a TLS close_notify, as the Mles server does.
  func finishWriting()
  /// Ends the connection at once.
  func close()
}

/// Why a transport ended, in words.
struct TransportFailure: Error, Equatable {
  let text: String

  init(_ text: String) {
    self.text = text
  }

  init(_ error: SocketError) {
    text = "connection: \(error)"
  }
}

/// TCP without TLS, for tests of what is above it; the command does not offer it.
final class PlainTransport: RelayTransport {
  private var socket: LinuxSocket

  init(fileDescriptor: Int32) {
    socket = LinuxSocket(adopting: fileDescriptor)
  }

  var fileDescriptor: Int32? { socket.fileDescriptor }
  var wantsToWrite: Bool { false }
  var hasBufferedInput: Bool { false }

  func handshake() throws(TransportFailure) -> Bool { true }

  func read(into output: inout MutableSpan<UInt8>) throws(TransportFailure) -> ReadResult {
    do { return try socket.read(into: &output) } catch { throw TransportFailure(error) }
  }

  func write(_ bytes: Span<UInt8>) throws(TransportFailure) -> Int {
    do { return try socket.write(bytes) } catch { throw TransportFailure(error) }
  }

  func flush() throws(TransportFailure) -> Bool { true }

  func finishWriting() { socket.finishWriting() }

  func close() { socket.close() }
}
