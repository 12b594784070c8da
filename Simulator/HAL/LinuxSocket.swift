import Glibc
public import HAL

/// A TCP socket of Linux: non-blocking, without Nagle's delay (RFC 896), without SIGPIPE.
///
/// `open` tries every address of a name in turn, IPv6 and IPv4 alternating, and does not wait long for one address
/// while there is another (after RFC 8305, but one at a time). What to poll for is in `pollDescriptor`, `pollsForWriting`
/// and `nextDeadlineMilliseconds`.
public struct LinuxSocket: StreamSocket, ~Copyable {
  /// The most addresses of one name that are tried.
  public static let addressCountMax = 16
  /// How long one address may stay silent before the next one is tried; the last one has as long as the kernel
  /// gives it (`tcp_syn_retries`, about two minutes), or the caller's patience.
  public var attemptTimeoutMilliseconds = attemptTimeoutMillisecondsDefault
  /// The default of `attemptTimeoutMilliseconds`.
  public static let attemptTimeoutMillisecondsDefault: UInt64 = 2_000

  private enum Phase {
    case closed
    case resolving(NameLookup)
    case connecting
    case connected
  }

  private var phase = Phase.closed
  private var descriptor: Int32 = -1
  private var port: UInt16 = 0
  private var candidates: [SocketAddress] = []
  private var attemptDeadlineMilliseconds: UInt64?
  private let resolver: NameResolver
  private let clock = LinuxClock()

  /// A closed socket.
  public init(resolver: NameResolver = .shared) {
    self.resolver = resolver
  }

  /// A connected socket that owns `fileDescriptor`, as accept(2) or socketpair(2) return it.
  public init(adopting fileDescriptor: Int32) {
    resolver = .shared
    descriptor = fileDescriptor
    phase = .connected
    Self.configure(fileDescriptor)
  }

  deinit {
    if case .resolving(let lookup) = phase { lookup.abandon() }
    if descriptor >= 0 { _ = Glibc.close(descriptor) }
  }

  /// The TCP socket's descriptor, once there is one.
  public var fileDescriptor: Int32? { descriptor >= 0 ? descriptor : nil }

  /// What to poll so that `status()`, `read` or `write` has news: the lookup's descriptor or the socket's.
  public var pollDescriptor: Int32? {
    if case .resolving(let lookup) = phase { return lookup.fileDescriptor }
    return fileDescriptor
  }

  /// Whether to poll for writing although nothing is to be sent: a connection being made announces itself that way.
  public var pollsForWriting: Bool {
    if case .connecting = phase { return true }
    return false
  }

  /// When to call `status()` even though nothing became ready, in the milliseconds of `LinuxClock`.
  public var nextDeadlineMilliseconds: UInt64? { attemptDeadlineMilliseconds }

  /// The address at the other end, or the one being tried.
  public var peerAddress: SocketAddress? { descriptor >= 0 ? Self.address(of: descriptor, getpeername) : nil }

  /// The address at this end.
  public var localAddress: SocketAddress? { descriptor >= 0 ? Self.address(of: descriptor, getsockname) : nil }

  /// Starts name resolution, unless `host` is an address or `localhost`, then the connection.
  public mutating func open(host: Span<UInt8>, port: UInt16) throws(SocketError) {
    close()
    guard (1...253).contains(host.count) else { throw .invalidHost(byteCount: host.count) }
    var text = ""
    for index in host.indices {
      // Printable ASCII only: a NUL would cut the name short, and a name with other bytes is no DNS name.
      guard (0x21...0x7E).contains(host[index]) else { throw .invalidHost(byteCount: host.count) }
      text.unicodeScalars.append(Unicode.Scalar(host[index]))
    }
    if let addresses = Self.knownAddresses(text, port: port) { return try open(addresses: addresses) }
    guard !text.hasPrefix("[") else { throw .nameNotFound(code: EAI_NONAME) }
    self.port = port
    phase = .resolving(try resolver.start(text))
  }

  /// Connects to the first of `addresses` that answers. Closes first what was open.
  public mutating func open(addresses: [SocketAddress]) throws(SocketError) {
    close()
    candidates = Array(addresses.prefix(Self.addressCountMax))
    try connectToNext(after: .nameNotFound(code: EAI_NONAME))
  }

  /// How far the connection has come; takes the next step when there is one.
  public mutating func status() throws(SocketError) -> SocketStatus {
    switch phase {
    case .closed: return .closed
    case .connected: return .connected
    case .resolving(let lookup):
      guard let answer = lookup.answer else { return .resolving }
      phase = .closed
      guard answer.code == 0 else { throw .nameNotFound(code: answer.code) }
      candidates = Self.alternatingFamilies(answer.addresses, port: port)
      try connectToNext(after: .nameNotFound(code: EAI_NONAME))
    case .connecting: try checkConnection()
    }
    if case .connected = phase { return .connected }
    return .connecting
  }

  /// Reads what has arrived.
  public mutating func read(into output: inout MutableSpan<UInt8>) throws(SocketError) -> ReadResult {
    guard case .connected = phase else { throw .notConnected }
    guard !output.isEmpty else { return .wouldBlock }
    let descriptor = descriptor
    let (count, code) = output.withUnsafeMutableBytes { memory in
      let count = recv(descriptor, memory.baseAddress, memory.count, 0)
      return (count, errno)
    }
    if count > 0 { return .bytes(count) }
    if count == 0 { return .end }
    if Self.isTemporary(code) { return .wouldBlock }
    throw Self.error(for: code)
  }

  /// Hands over what the kernel has room for.
  public mutating func write(_ bytes: Span<UInt8>) throws(SocketError) -> Int {
    guard case .connected = phase else { throw .notConnected }
    guard !bytes.isEmpty else { return 0 }
    let descriptor = descriptor
    let (count, code) = bytes.withUnsafeBytes { memory in
      let count = send(descriptor, memory.baseAddress, memory.count, Int32(MSG_NOSIGNAL))
      return (count, errno)
    }
    if count >= 0 { return count }
    if Self.isTemporary(code) { return 0 }
    throw Self.error(for: code)
  }

  /// Sends FIN behind what was written; reading goes on. Harmless when not connected.
  public mutating func finishWriting() {
    if case .connected = phase { _ = shutdown(descriptor, Int32(SHUT_WR)) }
  }

  /// Ends the connection, or the try to make one. What was handed over is still delivered unless there are bytes unread.
  public mutating func close() {
    if case .resolving(let lookup) = phase { lookup.abandon() }
    closeDescriptor()
    phase = .closed
    candidates = []
  }

  /// Ends the connection by RST.
  public mutating func abort() {
    // With no time to linger, close(2) sends RST and drops what was not delivered (socket(7), SO_LINGER).
    var none = linger(l_onoff: 1, l_linger: 0)
    if descriptor >= 0 {
      _ = setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &none, socklen_t(MemoryLayout<linger>.size))
    }
    close()
  }

  // MARK: Connecting

  private mutating func closeDescriptor() {
    if descriptor >= 0 { _ = Glibc.close(descriptor) }
    descriptor = -1
    attemptDeadlineMilliseconds = nil
  }

  /// Starts a connection to the next candidate that does not fail at once; with none left, closes and throws `failure`.
  private mutating func connectToNext(after failure: SocketError) throws(SocketError) {
    var failure = failure
    closeDescriptor()
    while !candidates.isEmpty {
      let address = candidates.removeFirst()
      descriptor = socket(address.family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
      guard descriptor >= 0 else {
        failure = Self.error(for: errno)
        continue
      }
      Self.configure(descriptor)
      let (result, code) = address.withPointer { (connect(descriptor, $0, $1), errno) }
      if result == 0 {
        return try finishConnecting()
      }
      if code == EINPROGRESS || code == EINTR {
        phase = .connecting
        if !candidates.isEmpty {
          attemptDeadlineMilliseconds = clock.monotonicMilliseconds() + attemptTimeoutMilliseconds
        }
        return
      }
      failure = Self.error(for: code)
      closeDescriptor()
    }
    close()
    throw failure
  }

  private mutating func checkConnection() throws(SocketError) {
    var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    guard poll(&entry, 1, 0) > 0, entry.revents != 0 else {
      if let deadline = attemptDeadlineMilliseconds, clock.monotonicMilliseconds() >= deadline {
        try connectToNext(after: .timedOut)
      }
      return
    }
    var code: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    if getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) != 0 { code = errno }
    if code == 0 { try finishConnecting() } else { try connectToNext(after: Self.error(for: code)) }
  }

  private mutating func finishConnecting() throws(SocketError) {
    // On loopback a free port of the ephemeral range can connect to itself (RFC 9293, simultaneous open).
    if let local = localAddress, let peer = peerAddress, local.port == peer.port, local.host == peer.host {
      return try connectToNext(after: .refused)
    }
    phase = .connected
    candidates = []
    attemptDeadlineMilliseconds = nil
  }

  // MARK: Helpers

  /// The addresses of what needs no lookup: an address, or `localhost` (RFC 6761, section 6.3), IPv4 first because
  /// that is where development servers listen.
  static func knownAddresses(_ host: String, port: UInt16) -> [SocketAddress]? {
    if host.lowercased() == "localhost" {
      return ["127.0.0.1", "::1"].compactMap { SocketAddress(literal: $0, port: port) }
    }
    return SocketAddress(literal: host, port: port).map { [$0] }
  }

  /// The system's order (RFC 6724) with the families taking turns, beginning with the first one's (RFC 8305, section 4).
  static func alternatingFamilies(_ addresses: [SocketAddress], port: UInt16) -> [SocketAddress] {
    guard let family = addresses.first?.family else { return [] }
    let preferred = addresses.filter { $0.family == family }
    let others = addresses.filter { $0.family != family }
    var result: [SocketAddress] = []
    for index in 0..<max(preferred.count, others.count) {
      if index < preferred.count { result.append(preferred[index]) }
      if index < others.count { result.append(others[index]) }
    }
    for index in result.indices { result[index].port = port }
    return result
  }

  private static func configure(_ descriptor: Int32) {
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    var on: Int32 = 1
    // Fails on what is not TCP (a test's socket pair), where there is nothing to switch off.
    _ = setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
  }

  /// The address that `descriptor` is bound to.
  static func localAddress(of descriptor: Int32) -> SocketAddress? { address(of: descriptor, getsockname) }

  private static func address(
    of descriptor: Int32, _ query: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
  ) -> SocketAddress? {
    var storage = sockaddr_storage()
    var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        query(descriptor, address, &size) == 0 ? SocketAddress(address, byteCount: size) : nil
      }
    }
  }

  private static func isTemporary(_ code: Int32) -> Bool {
    code == EAGAIN || code == EWOULDBLOCK || code == EINTR
  }

  /// The HAL's name for an errno.
  static func error(for code: Int32) -> SocketError {
    switch code {
    case ECONNREFUSED: .refused
    case ENETUNREACH, EHOSTUNREACH, ENETDOWN, EHOSTDOWN: .unreachable(code: code)
    case ETIMEDOUT: .timedOut
    case ECONNRESET, EPIPE, ECONNABORTED, ENETRESET: .reset
    case ENOTCONN, EBADF: .notConnected
    case EMFILE, ENFILE, ENOBUFS, ENOMEM, EADDRNOTAVAIL, EAGAIN: .outOfResources(code: code)
    default: .failed(code: code)
    }
  }
}
