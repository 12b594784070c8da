import Bytes
import HAL
import TLS
import Testing

@Suite("The handshake between this project's client and server")
struct HandshakeTests {
  let authority: TestAuthority

  init() throws { authority = try TestAuthority("Test CA") }

  @Test("agrees on the version asked for, and both sides exchange bytes", arguments: versions)
  func exchange(version: TLSVersion) throws {
    var clientConfiguration = try authority.client()
    try clientConfiguration.setVersions(version...version)
    let serverConfiguration = try authority.server("device.test")
    var pair = try Pair(clientConfiguration, serverConfiguration)
    #expect(pair.shakeHands().isOpen)

    #expect(pair.client.information.version == version)
    #expect(pair.server.information.version == version)
    #expect(!pair.client.information.isResumed)
    #expect(pair.client.information.hasPeerKeyHash)
    #expect(!pair.server.information.hasPeerKeyHash)
    #expect(text { pair.client.information.appendApplicationProtocol(to: &$0) } == "http/1.1")
    #expect(text { pair.client.information.appendSuiteName(to: &$0) }.hasPrefix("TLS"))
    #expect(pair.client.information.suite == pair.server.information.suite)
    #expect(pair.client.information.suite != 0)

    #expect(try pair.client.write("hello".bytes.span, over: &pair.clientSocket) == 5)
    #expect(try pair.serverReads() == ("hello".bytes, .wouldBlock))
    #expect(try pair.server.write("world!".bytes.span, over: &pair.serverSocket) == 6)
    #expect(try pair.clientReads(limit: 4) == ("world!".bytes, .wouldBlock))
  }

  @Test("uses the newest version that both have")
  func newestVersion() throws {
    let clientConfiguration = try authority.client()
    let serverConfiguration = try authority.server("device.test")
    var pair = try Pair(clientConfiguration, serverConfiguration)
    #expect(pair.shakeHands().isOpen)
    #expect(pair.client.information.version == versions.last)
  }

  @Test("sends each flight in one write", arguments: versions)
  func oneWritePerFlight(version: TLSVersion) throws {
    var clientConfiguration = try authority.client()
    try clientConfiguration.setVersions(version...version)
    let serverConfiguration = try authority.server("device.test")
    var pair = try Pair(clientConfiguration, serverConfiguration)
    #expect(pair.shakeHands().isOpen)
    // Client: ClientHello; then (ClientKeyExchange, CCS, Finished) or (CCS, Finished). Server: ServerHello …; in 1.2
    // its ticket, CCS and Finished, in 1.3 its tickets.
    #expect(pair.toServer.writes.count == 2)
    #expect(pair.toClient.writes.count == 2)
  }

  @Test("works when bytes arrive one at a time", arguments: versions)
  func byteAtATime(version: TLSVersion) throws {
    var clientConfiguration = try authority.client()
    try clientConfiguration.setVersions(version...version)
    let serverConfiguration = try authority.server("device.test")
    var pair = try Pair(clientConfiguration, serverConfiguration)
    pair.toClient.readLimit = 1
    pair.toServer.readLimit = 1
    #expect(pair.shakeHands().isOpen)
    #expect(try pair.client.write("slowly".bytes.span, over: &pair.clientSocket) == 6)
    #expect(try pair.serverReads() == ("slowly".bytes, .wouldBlock))
  }

  @Test("works when the sockets take a few bytes at a time", arguments: versions)
  func smallSockets(version: TLSVersion) throws {
    var clientConfiguration = try authority.client()
    try clientConfiguration.setVersions(version...version)
    let serverConfiguration = try authority.server("device.test")
    var pair = try Pair(clientConfiguration, serverConfiguration)
    var outcome = Outcome()
    for _ in 0..<20000 where !outcome.isOpen && outcome.clientError == nil && outcome.serverError == nil {
      pair.toClient.room = 7
      pair.toServer.room = 7
      let turn = pair.shakeHands(turns: 1)
      outcome.clientIsOpen = turn.clientIsOpen
      outcome.serverIsOpen = turn.serverIsOpen
      outcome.clientError = turn.clientError
      outcome.serverError = turn.serverError
      _ = try pair.client.flush(over: &pair.clientSocket)
      _ = try pair.server.flush(over: &pair.serverSocket)
    }
    #expect(outcome.isOpen)
  }

  @Test("works with buffers much smaller than a record", arguments: versions)
  func smallBuffers(version: TLSVersion) throws {
    var clientConfiguration = try authority.client()
    try clientConfiguration.setVersions(version...version)
    let serverConfiguration = try authority.server("device.test")
    let toServer = Pipe()
    let toClient = Pipe()
    var client = try TLSSession<32, 32>(client: clientConfiguration, serverName: "device.test".bytes.span)
    var server = try TLSSession<5, 17>(server: serverConfiguration)
    var clientSocket = MemorySocket(incoming: toClient, outgoing: toServer)
    var serverSocket = MemorySocket(incoming: toServer, outgoing: toClient)
    var isOpen = false
    for _ in 0..<2000 where !isOpen {
      let clientIsOpen = try client.handshake(over: &clientSocket)
      let serverIsOpen = try server.handshake(over: &serverSocket)
      isOpen = clientIsOpen && serverIsOpen
    }
    #expect(isOpen)
    let message = [UInt8](repeating: 7, count: 20_000)
    var sent = 0
    var received: [UInt8] = []
    for _ in 0..<1000 where received.count < message.count {
      sent += try client.write(message.span.extracting(sent..<message.count), over: &clientSocket)
      _ = try client.flush(over: &clientSocket)
      received += try readAll(&server, &serverSocket).0
    }
    #expect(received == message)
  }

  @Test("fails without a version in common, on both sides", .enabled(if: TLSConfiguration.supportsTLS13))
  func noCommonVersion() throws {
    var clientConfiguration = try authority.client()
    try clientConfiguration.setVersions(.tls12...(.tls12))
    var serverConfiguration = try authority.server("device.test")
    try serverConfiguration.setVersions(.tls13...(.tls13))
    var pair = try Pair(clientConfiguration, serverConfiguration)
    let outcome = pair.shakeHands()
    #expect(outcome.clientError == .noCommonVersion)
    #expect(outcome.serverError == .noCommonVersion)
    #expect(pair.clientWords.contains("no TLS version in common"))
  }

  @Test("fails when only the client is newer", .enabled(if: TLSConfiguration.supportsTLS13))
  func newerClient() throws {
    var clientConfiguration = try authority.client()
    try clientConfiguration.setVersions(.tls13...(.tls13))
    var serverConfiguration = try authority.server("device.test")
    try serverConfiguration.setVersions(.tls12...(.tls12))
    var pair = try Pair(clientConfiguration, serverConfiguration)
    let outcome = pair.shakeHands()
    // mbedTLS's TLS 1.2 server looks at the suites, of which it knows none.
    #expect(outcome.clientError == .alertReceived(40))
    #expect(outcome.serverError == .noCommonSuite)
  }

  @Test(
    "fails at once, as unsupported, when TLS 1.3 is asked of a library that lacks it",
    .enabled(if: !TLSConfiguration.supportsTLS13))
  func unsupportedVersion() throws {
    var configuration = try authority.client()
    #expect(throws: TLSError.unsupported) { try configuration.setVersions(.tls13...(.tls13)) }
  }

  @Test("fails when the client offers no protocol that the server speaks", arguments: versions)
  func noCommonProtocol(version: TLSVersion) throws {
    var clientConfiguration = try authority.client()
    try clientConfiguration.setVersions(version...version)
    try clientConfiguration.setApplicationProtocol("h2".bytes.span)
    let serverConfiguration = try authority.server("device.test")
    var pair = try Pair(clientConfiguration, serverConfiguration)
    let outcome = pair.shakeHands()
    #expect(outcome.clientError == .noCommonProtocol)
    #expect(outcome.serverError != nil)
  }

  @Test("is complete when one side does not use ALPN", arguments: [true, false])
  func oneSideWithoutProtocol(clientHasNone: Bool) throws {
    var clientConfiguration = try authority.client()
    var serverConfiguration = try authority.server("device.test")
    if clientHasNone {
      try clientConfiguration.setApplicationProtocol("".bytes.span)
    } else {
      try serverConfiguration.setApplicationProtocol("".bytes.span)
    }
    var pair = try Pair(clientConfiguration, serverConfiguration)
    #expect(pair.shakeHands().isOpen)
    #expect(!pair.client.information.hasApplicationProtocol)
  }

  @Test("fails when the peer ends the connection in it")
  func closedDuringHandshake() throws {
    let clientConfiguration = try authority.client()
    let serverConfiguration = try authority.server("device.test")
    var pair = try Pair(clientConfiguration, serverConfiguration)
    pair.toClient.hasEnded = true
    #expect(throws: TLSError.closedDuringHandshake) { try pair.client.handshake(over: &pair.clientSocket) }
    #expect(pair.clientWords == "peer closed the connection during the TLS handshake")
    #expect(TLSError.closedDuringHandshake.kind == .retry)
  }

  @Test("fails when the peer does not speak TLS")
  func notTLS() throws {
    let clientConfiguration = try authority.client()
    let serverConfiguration = try authority.server("device.test")
    var pair = try Pair(clientConfiguration, serverConfiguration)
    pair.toClient.bytes = "HTTP/1.1 400 Bad Request\r\n\r\n".bytes
    let outcome = pair.shakeHands()
    guard case .badRecord = try #require(outcome.clientError) else {
      Issue.record("got \(String(describing: outcome.clientError))")
      return
    }
    #expect(pair.clientWords.contains("not TLS"))
  }

  @Test("passes on what the socket says, and says it again")
  func socketFailure() throws {
    let clientConfiguration = try authority.client()
    let serverConfiguration = try authority.server("device.test")
    var pair = try Pair(clientConfiguration, serverConfiguration)
    pair.toServer.failure = .reset
    #expect(throws: TLSError.socket(.reset)) { try pair.client.handshake(over: &pair.clientSocket) }
    pair.toServer.failure = nil
    #expect(throws: TLSError.socket(.reset)) { try pair.client.handshake(over: &pair.clientSocket) }
    #expect(pair.clientWords == "connection failed: connection reset")
  }

  @Test("needs a name that is a DNS name or an address", arguments: ["", "-..", "a b", "1.2.3", "a..b", "é.test"])
  func invalidName(name: String) throws {
    let configuration = try authority.client()
    #expect(throws: TLSError.invalidServerName) { _ = try Session(client: configuration, serverName: name.bytes.span) }
  }
}
