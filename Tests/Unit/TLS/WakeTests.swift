import Bytes
import HAL
import TLS
import Testing

/// One side of a connection that does something only when an event loop would wake it.
private struct Side: ~Copyable {
  var session: TLSSession<300, 200>
  var socket: MemorySocket
  var isOpen = false
  var left: [UInt8]
  var received: [UInt8] = []

  /// Whether `poll` would return, or need not be called.
  var isAwake: Bool {
    session.hasBufferedInput || !socket.incoming.bytes.isEmpty || (session.hasPendingOutput && socket.outgoing.room > 0)
      || (!isOpen && received.isEmpty && !hasStarted) || (isOpen && !left.isEmpty && !session.hasPendingOutput)
  }
  var hasStarted = false

  mutating func go() throws {
    hasStarted = true
    if !isOpen {
      isOpen = try session.handshake(over: &socket)
      return
    }
    _ = try session.flush(over: &socket)
    received += try readAll(&session, &socket, limit: 100).0
    let bytes = left
    let accepted = try session.write(bytes.span, over: &socket)
    left.removeFirst(accepted)
  }
}

@Suite("An event loop that calls a session only when it says so")
struct WakeTests {
  @Test("never waits for ever, however little the sockets hold", arguments: versions, [1, 10, 100, 1000])
  func progress(version: TLSVersion, capacity: Int) throws {
    let authority = try TestAuthority("Test CA")
    var clientConfiguration = try authority.client()
    try clientConfiguration.setVersions(version...version)
    let serverConfiguration = try authority.server("device.test")
    let toServer = Pipe()
    let toClient = Pipe()
    let message = (0..<5000).map { UInt8(truncatingIfNeeded: $0) }
    var client = Side(
      session: try TLSSession<300, 200>(client: clientConfiguration, serverName: "device.test".bytes.span),
      socket: MemorySocket(incoming: toClient, outgoing: toServer), left: message)
    var server = Side(
      session: try TLSSession<300, 200>(server: serverConfiguration),
      socket: MemorySocket(incoming: toServer, outgoing: toClient), left: message)

    for _ in 0..<100_000 {
      toServer.room = capacity - toServer.bytes.count
      toClient.room = capacity - toClient.bytes.count
      let clientIsAwake = client.isAwake
      let serverIsAwake = server.isAwake
      guard clientIsAwake || serverIsAwake else { break }
      if clientIsAwake { try client.go() }
      if serverIsAwake { try server.go() }
    }
    #expect(client.received == message)
    #expect(server.received == message)
    #expect(client.session.hasPendingOutput == false)
    #expect(server.session.hasBufferedInput == false)
  }
}
