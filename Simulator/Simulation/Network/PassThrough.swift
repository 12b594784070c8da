import Bytes
import HAL
import TLS

/// In place of TLS, in a simulated network only: the bytes pass as they are. Like `TLSSession` it takes bytes into a
/// record of its own, which it then hands to the socket as far as that has room. The record is small, so that the session's
/// output is taken in parts.
struct PassThrough: ClientSecurity, ~Copyable {
  private(set) var exists = false
  private var pending = ByteBuffer<200>()

  init() {}

  mutating func start(
    client configuration: borrowing TLSConfiguration, serverName: Span<UInt8>, resumption: borrowing TLSResumption
  ) throws(TLSError) {
    exists = true
    pending.clear()
  }

  mutating func useTime(wallMilliseconds: UInt64) {}

  mutating func remove() {
    exists = false
    pending.clear()
  }

  var hasPendingOutput: Bool { !pending.isEmpty }
  var hasBufferedInput: Bool { false }
  var agreement: (version: TLSVersion?, isResumed: Bool) { (nil, false) }

  @_lifetime(writer: copy writer)
  func describeFailure(to writer: inout ByteWriter) { writer.append("connection lost") }

  mutating func handshake<S: StreamSocket & ~Copyable>(over socket: inout S) throws(TLSError) -> Bool { true }

  mutating func read<S: StreamSocket & ~Copyable>(
    into output: inout MutableSpan<UInt8>, over socket: inout S
  ) throws(TLSError) -> ReadResult {
    do throws(SocketError) { return try socket.read(into: &output) } catch { throw .socket(error) }
  }

  mutating func write<S: StreamSocket & ~Copyable>(
    _ bytes: Span<UInt8>, over socket: inout S
  ) throws(TLSError) -> Int {
    var accepted = 0
    while try flush(over: &socket), accepted < bytes.count {
      let count = min(pending.freeCapacity, bytes.count - accepted)
      _ = pending.append(bytes.extracting(accepted..<accepted + count))
      accepted += count
    }
    return accepted
  }

  mutating func flush<S: StreamSocket & ~Copyable>(over socket: inout S) throws(TLSError) -> Bool {
    while !pending.isEmpty {
      let count: Int
      do throws(SocketError) { count = try socket.write(pending.bytes) } catch { throw .socket(error) }
      guard count > 0 else { return false }
      pending.consume(count)
    }
    return true
  }

  mutating func close<S: StreamSocket & ~Copyable>(over socket: inout S) { _ = try? flush(over: &socket) }
}
