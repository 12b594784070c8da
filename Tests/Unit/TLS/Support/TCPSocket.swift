import Glibc
import HAL

/// A TCP connection on the loopback interface, without blocking; for tests only.
struct TCPSocket: StreamSocket, ~Copyable {
  private(set) var descriptor: Int32

  init(descriptor: Int32) {
    self.descriptor = descriptor
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  /// Connects to a port of this computer; that is immediate on loopback.
  init(port: UInt16) throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = loopback(port)
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else { throw TestFailure.failed("connect: \(errno)") }
    self.init(descriptor: descriptor)
  }

  deinit { if descriptor >= 0 { Glibc.close(descriptor) } }

  mutating func open(host: Span<UInt8>, port: UInt16) throws(SocketError) {}

  mutating func status() throws(SocketError) -> SocketStatus { .connected }

  mutating func read(into output: inout MutableSpan<UInt8>) throws(SocketError) -> ReadResult {
    let count = output.withUnsafeMutableBufferPointer { recv(descriptor, $0.baseAddress, $0.count, 0) }
    if count > 0 { return .bytes(count) }
    if count == 0 { return .end }
    if errno == EAGAIN { return .wouldBlock }
    throw errno == ECONNRESET ? .reset : .failed(code: errno)
  }

  mutating func write(_ bytes: Span<UInt8>) throws(SocketError) -> Int {
    let count = bytes.withUnsafeBufferPointer {
      send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
    if count >= 0 { return count }
    if errno == EAGAIN { return 0 }
    throw errno == ECONNRESET || errno == EPIPE ? .reset : .failed(code: errno)
  }

  mutating func close() {
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = -1
  }
}

private func loopback(_ port: UInt16) -> sockaddr_in {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = port.bigEndian
  address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
  return address
}

/// A port of this computer that waits for connections.
final class Listener {
  private let descriptor: Int32
  let port: UInt16

  init() throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = loopback(0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && listen(descriptor, 8) == 0 ? getsockname(descriptor, $0, &length) : -1
      }
    }
    guard status == 0 else { throw TestFailure.failed("bind: \(errno)") }
    self.descriptor = descriptor
    port = UInt16(bigEndian: address.sin_port)
  }

  deinit { close(descriptor) }

  func accept(seconds: Int = 20) throws -> TCPSocket {
    guard Deadline(seconds: seconds).wait(for: descriptor, POLLIN) else { throw TestFailure.failed("no connection") }
    return TCPSocket(descriptor: Glibc.accept(descriptor, nil, nil))
  }
}
