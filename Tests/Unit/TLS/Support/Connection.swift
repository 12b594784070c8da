import Bytes
import Glibc
import HAL
import TLS

/// A session over TCP, with waits of limited time around its calls.
struct Connection: ~Copyable {
  var session: Session
  var socket: TCPSocket
  private let deadline = Deadline(seconds: 20)

  init(_ session: consuming Session, _ socket: consuming TCPSocket) {
    self.session = session
    self.socket = socket
  }

  /// A client's, to a server on this computer.
  init(
    port: UInt16, _ configuration: borrowing TLSConfiguration, name: String = "device.test"
  ) throws {
    self.init(try Session(client: configuration, serverName: name.bytes.span), try TCPSocket(port: port))
  }

  init(
    port: UInt16, _ configuration: borrowing TLSConfiguration, name: String = "device.test",
    resumption: borrowing TLSResumption
  ) throws {
    self.init(
      try Session(client: configuration, serverName: name.bytes.span, resumption: resumption),
      try TCPSocket(port: port))
  }

  /// Completes the handshake, or returns why it failed.
  mutating func shakeHands() throws -> TLSError? {
    while true {
      do throws(TLSError) {
        if try session.handshake(over: &socket) { return nil }
      } catch {
        return error
      }
      try wait()
    }
  }

  mutating func send(_ text: String) throws {
    let bytes = text.bytes
    var sent = 0
    while sent < bytes.count || session.hasPendingOutput {
      sent += try session.write(bytes.span.extracting(sent..<bytes.count), over: &socket)
      if session.hasPendingOutput { try wait() }
    }
  }

  /// Reads until `count` bytes have come, or the end; nil when the end came first.
  mutating func receive(_ count: Int) throws -> String? {
    var all: [UInt8] = []
    while all.count < count {
      let (bytes, result) = try readAll(&session, &socket)
      all += bytes
      if result == .end { return nil }
      if all.count < count { try wait() }
    }
    return String(decoding: all, as: UTF8.self)
  }

  /// Reads to the end, or returns why there is none.
  mutating func finish() throws -> TLSError? {
    while true {
      do {
        if try readAll(&session, &socket).1 == .end { return nil }
      } catch let error as TLSError {
        return error
      }
      try wait()
    }
  }

  var words: String { text { session.describeFailure(to: &$0) } }

  private func wait() throws {
    if session.hasBufferedInput { return }
    let events = session.hasPendingOutput ? POLLIN | POLLOUT : POLLIN
    guard deadline.wait(for: socket.descriptor, events) else { throw TestFailure.failed("timed out") }
  }
}
