import Glibc
import HAL
import Testing

@testable import Simulator

/// A listening socket on loopback that the test accepts from by hand.
final class TestListener {
  let descriptor: Int32
  let address: SocketAddress

  init(host: String = "127.0.0.1", backlog: Int32 = 16) throws {
    let wanted = try #require(SocketAddress(literal: host, port: 0))
    let made = socket(wanted.family, Int32(SOCK_STREAM.rawValue), 0)
    descriptor = made
    try #require(wanted.withPointer { bind(made, $0, $1) } == 0)
    try #require(listen(made, backlog) == 0)
    address = try #require(LinuxSocket.localAddress(of: made))
  }

  deinit { close(descriptor) }

  var port: UInt16 { address.port }

  /// The next connection, which the kernel has made already.
  func accept() throws -> Int32 {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    try #require(poll(&entry, 1, 5000) == 1)
    let connection = Glibc.accept(descriptor, nil, nil)
    try #require(connection >= 0)
    return connection
  }

  /// A port of loopback on which nobody listens: one that was just given back.
  static func freePort() throws -> UInt16 { try TestListener().port }
}

extension LinuxSocket {
  /// Waits, as an event loop would, until the status is something else than resolving or connecting.
  mutating func settle(timeoutMilliseconds: UInt64 = 10_000) throws -> SocketStatus {
    let clock = LinuxClock()
    let end = clock.monotonicMilliseconds() + timeoutMilliseconds
    while true {
      let status = try status()
      guard status == .resolving || status == .connecting else { return status }
      let now = clock.monotonicMilliseconds()
      try #require(now < end, "still \(status)")
      let deadline = min(end, nextDeadlineMilliseconds ?? end)
      wait(milliseconds: Int32(clamping: max(deadline, now) - now))
    }
  }

  /// Waits for what the socket itself says it waits for, or for input.
  func wait(milliseconds: Int32) {
    let events = pollsForWriting ? POLLOUT : POLLIN
    var entry = pollfd(fd: pollDescriptor ?? -1, events: Int16(events), revents: 0)
    _ = poll(&entry, 1, milliseconds)
  }

  mutating func open(_ host: String, _ port: UInt16) throws(SocketError) {
    let bytes = Array(host.utf8)
    try open(host: bytes.span, port: port)
  }

  mutating func readSome(count: Int = 64) throws -> (ReadResult, [UInt8]) {
    var memory = [UInt8](repeating: 0, count: count)
    var span = memory.mutableSpan
    let result = try read(into: &span)
    guard case .bytes(let count) = result else { return (result, []) }
    return (result, Array(memory.prefix(count)))
  }
}
