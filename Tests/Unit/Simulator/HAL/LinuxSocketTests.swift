import Glibc
import HAL
import Testing

@testable import Simulator

@Suite struct LinuxSocketTests {
  @Test(arguments: ["127.0.0.1", "localhost", "LOCALHOST"])
  func bytesGoBothWaysAndFINIsTheEnd(host: String) throws {
    let listener = try TestListener()
    var client = LinuxSocket()
    #expect(try client.status() == .closed)
    try client.open(host, listener.port)
    #expect(try client.settle() == .connected)
    var server = LinuxSocket(adopting: try listener.accept())
    #expect(try server.status() == .connected)
    #expect(try client.readSome().0 == .wouldBlock)

    #expect(try client.write([1, 2, 3].span) == 3)
    server.wait(milliseconds: 5000)
    #expect(try server.readSome().1 == [1, 2, 3])
    #expect(try server.write([4].span) == 1)
    server.finishWriting()
    client.wait(milliseconds: 5000)
    #expect(try client.readSome().1 == [4])
    client.wait(milliseconds: 5000)
    #expect(try client.readSome().0 == .end)
    #expect(try client.write([5].span) == 1, "the other direction is still open")
  }

  @Test func aSocketCanBeUsedAgainAfterClose() throws {
    let (first, second) = (try TestListener(), try TestListener())
    var client = LinuxSocket()
    try client.open("127.0.0.1", first.port)
    #expect(try client.settle() == .connected)
    client.close()
    #expect(try client.status() == .closed)
    #expect(client.pollDescriptor == nil)
    #expect(throws: SocketError.notConnected) { try client.readSome() }
    #expect(throws: SocketError.notConnected) { try client.write([1].span) }
    try client.open("127.0.0.1", first.port)
    try client.open("127.0.0.1", second.port)
    #expect(try client.settle() == .connected)
    #expect(client.peerAddress?.port == second.port)
  }

  @Test func noDelayIsSetOnBothKindsOfSocket() throws {
    let listener = try TestListener()
    var client = LinuxSocket()
    try client.open("127.0.0.1", listener.port)
    #expect(try client.settle() == .connected)
    let server = LinuxSocket(adopting: try listener.accept())
    for descriptor in [client.fileDescriptor, server.fileDescriptor] {
      var value: Int32 = 0
      var size = socklen_t(4)
      let descriptor = try #require(descriptor)
      #expect(getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &value, &size) == 0)
      #expect(value != 0)
      #expect(fcntl(descriptor, F_GETFL) & O_NONBLOCK != 0)
      #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
    }
  }

  @Test func aFullConnectionTakesNoMoreAndGoesOnWhenItIsRead() throws {
    let listener = try TestListener()
    var client = LinuxSocket()
    try client.open("127.0.0.1", listener.port)
    #expect(try client.settle() == .connected)
    var server = LinuxSocket(adopting: try listener.accept())
    let block = [UInt8](repeating: 1, count: 65_536)
    var sent = 0
    for _ in 0..<10_000 {
      let count = try client.write(block.span)
      if count == 0 { break }
      sent += count
    }
    #expect(try client.write(block.span) == 0)
    var received = 0
    while received < sent {
      server.wait(milliseconds: 5000)
      guard case .bytes(let count) = try server.readSome(count: 1 << 20).0 else { break }
      received += count
    }
    #expect(received == sent)
  }

  // MARK: Errors

  @Test func aPortWhereNobodyListensIsRefused() throws {
    let port = try TestListener.freePort()
    #expect(throws: SocketError.refused) {
      var client = LinuxSocket()
      try client.open("127.0.0.1", port)
      _ = try client.settle()
    }
  }

  @Test(arguments: ["", String(repeating: "a", count: 254), "a\0b", "ex ample", "ex\u{E4}mple"])
  func whatCannotBeAHostIsRefusedAtOnce(host: String) {
    var client = LinuxSocket()
    #expect(throws: SocketError.invalidHost(byteCount: host.utf8.count)) { try client.open(host, 443) }
    #expect(throws: SocketError.nameNotFound(code: EAI_NONAME)) { try client.open("[example.org]", 443) }
  }

  @Test func aResetIsCalledReset() throws {
    let listener = try TestListener()
    var client = LinuxSocket()
    try client.open("127.0.0.1", listener.port)
    #expect(try client.settle() == .connected)
    let server = try listener.accept()
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(server, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    close(server)
    client.wait(milliseconds: 5000)
    #expect(throws: SocketError.reset) { try client.readSome() }
    // No SIGPIPE: the test process would be gone.
    #expect(throws: SocketError.reset) { try client.write([1].span) }
  }

  @Test func anAbortIsAResetForThePeer() throws {
    let listener = try TestListener()
    var client = LinuxSocket()
    try client.open("127.0.0.1", listener.port)
    #expect(try client.settle() == .connected)
    var server = LinuxSocket(adopting: try listener.accept())
    client.abort()
    #expect(try client.status() == .closed)
    server.wait(milliseconds: 5000)
    #expect(throws: SocketError.reset) { try server.readSome() }
    client.abort()
  }

  @Test func aLoopWaitsForAsMuchAsItIsAskedTo() throws {
    let listener = try TestListener()
    var client = LinuxSocket()
    var interests = LoopInterests()
    client.addInterests(to: &interests, reading: true, writing: true)
    #expect(interests.entries.isEmpty, "not open")
    try client.open("127.0.0.1", listener.port)
    #expect(try client.settle() == .connected)
    for (reading, writing) in [(true, true), (true, false), (false, true)] {
      interests = LoopInterests()
      client.addInterests(to: &interests, reading: reading, writing: writing)
      let events = Int16(reading ? POLLIN : 0) | Int16(writing ? POLLOUT : 0)
      #expect(interests.entries.map(\.events) == [events])
    }
    interests = LoopInterests()
    client.addInterests(to: &interests, reading: false, writing: false)
    #expect(interests.entries.isEmpty, "a hang-up would end every wait")
  }

  @Test func errnoHasTheNamesOfTheHAL() {
    #expect(LinuxSocket.error(for: ECONNREFUSED) == .refused)
    #expect(LinuxSocket.error(for: EHOSTUNREACH) == .unreachable(code: EHOSTUNREACH))
    #expect(LinuxSocket.error(for: ENETUNREACH) == .unreachable(code: ENETUNREACH))
    #expect(LinuxSocket.error(for: ETIMEDOUT) == .timedOut)
    #expect(LinuxSocket.error(for: EPIPE) == .reset)
    #expect(LinuxSocket.error(for: EMFILE) == .outOfResources(code: EMFILE))
    #expect(LinuxSocket.error(for: EIO) == .failed(code: EIO))
  }

  // MARK: Several addresses

  @Test func theNextAddressIsTriedWhenOneRefuses() throws {
    let listener = try TestListener()
    let dead = try TestListener.freePort()
    let addresses = try [dead, dead, listener.port].map { try #require(SocketAddress(literal: "127.0.0.1", port: $0)) }
    var client = LinuxSocket()
    try client.open(addresses: addresses)
    #expect(try client.settle() == .connected)
    #expect(client.peerAddress?.port == listener.port)
  }

  @Test func theNextAddressIsTriedWhenOneStaysSilent() throws {
    let silent = try SilentListener()
    let listener = try TestListener()
    var client = LinuxSocket()
    client.attemptTimeoutMilliseconds = 50
    try client.open(addresses: [silent.listener.address, listener.address])
    #expect(client.nextDeadlineMilliseconds != nil)
    #expect(try client.settle() == .connected)
    #expect(client.peerAddress?.port == listener.port)
    #expect(client.nextDeadlineMilliseconds == nil)
  }

  @Test func theLastErrorIsTheOneReported() throws {
    let dead = try TestListener.freePort()
    let addresses = ["192.0.2.1", "127.0.0.1"].compactMap { SocketAddress(literal: $0, port: dead) }
    var client = LinuxSocket()
    client.attemptTimeoutMilliseconds = 10
    #expect(throws: SocketError.refused) {
      try client.open(addresses: addresses)
      _ = try client.settle()
    }
    #expect(throws: SocketError.nameNotFound(code: EAI_NONAME)) { try client.open(addresses: []) }
  }
}

/// A port of loopback that answers no connection: its queue is full, so that the kernel drops what comes.
final class SilentListener {
  let listener: TestListener
  private var fillers: [Int32] = []

  init() throws {
    listener = try TestListener(backlog: 0)
    // With a backlog of 0 the kernel keeps one connection (net/ipv4: the queue is full above the backlog); some more
    // to be sure. They connect or hang, both without waiting.
    for _ in 0..<4 {
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
      try #require(descriptor >= 0)
      _ = listener.address.withPointer { connect(descriptor, $0, $1) }
      fillers.append(descriptor)
    }
  }

  deinit { for descriptor in fillers { close(descriptor) } }
}
