import Glibc

/// A listening TCP socket.
final class RelayListener {
  /// Connections that the kernel keeps until they are accepted.
  private static let backlog: Int32 = 1024

  private(set) var fileDescriptor: Int32
  /// The address it got, with the port chosen when 0 was asked for.
  let address: SocketAddress

  /// Listens on `host`, an address or `localhost`.
  init(host: String, port: UInt16) throws(RunFailure) {
    let literal = host.lowercased() == "localhost" ? "127.0.0.1" : host
    guard let wanted = SocketAddress(literal: literal, port: port) else {
      throw RunFailure("--host: expected an IP address or localhost, got \(quoted(host))")
    }
    let descriptor = socket(wanted.family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw RunFailure("cannot make a socket: \(SystemError(code: errno))") }
    var on: Int32 = 1
    let size = socklen_t(MemoryLayout<Int32>.size)
    // A port whose last connections are still in TIME_WAIT can be used again; one in use cannot.
    _ = setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, size)
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    let code = wanted.withPointer { bind(descriptor, $0, $1) == 0 && listen(descriptor, Self.backlog) == 0 ? 0 : errno }
    guard code == 0, let address = LinuxSocket.localAddress(of: descriptor) else {
      _ = Glibc.close(descriptor)
      throw RunFailure(Self.text(for: code, wanted))
    }
    fileDescriptor = descriptor
    self.address = address
  }

  deinit { close() }

  func close() {
    if fileDescriptor >= 0 { _ = Glibc.close(fileDescriptor) }
    fileDescriptor = -1
  }

  private static func text(for code: Int32, _ address: SocketAddress) -> String {
    switch code {
    case EADDRINUSE: "port \(address.port) on \(address.host) is in use; choose another with --port, 0 for any"
    case EACCES: "port \(address.port) needs more rights; choose one above 1023 with --port, 0 for any"
    case EADDRNOTAVAIL: "\(address.host) is no address of this computer"
    default: "cannot listen on \(address): \(SystemError(code: code))"
    }
  }
}
