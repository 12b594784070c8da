import Bytes
import HAL
import TLS
import Testing

@Suite("A resumed session")
struct ResumptionTests {
  let authority: TestAuthority

  init() throws { authority = try TestAuthority("Test CA") }

  private func client(_ version: TLSVersion) throws -> TLSConfiguration {
    var configuration = try authority.client()
    try configuration.setVersions(version...version)
    return configuration
  }

  /// Connects, and says a word each way, with which TLS 1.3 tickets arrive. Returns whether it was resumed.
  private func connect(
    _ client: borrowing TLSConfiguration, _ server: borrowing TLSConfiguration, _ resumption: borrowing TLSResumption,
    name: String = "device.test"
  ) throws -> Bool {
    var pair = try Pair(client, server, name: name, resumption: resumption)
    #expect(pair.shakeHands() == Outcome(clientIsOpen: true, serverIsOpen: true))
    #expect(try pair.client.write("ping".bytes.span, over: &pair.clientSocket) == 4)
    #expect(try pair.serverReads().0 == "ping".bytes)
    #expect(try pair.server.write("pong".bytes.span, over: &pair.serverSocket) == 4)
    #expect(try pair.clientReads().0 == "pong".bytes)
    #expect(pair.client.information.isResumed == pair.server.information.isResumed)
    #expect(pair.client.information.hasPeerKeyHash == true)
    return pair.client.information.isResumed
  }

  @Test("follows a full one, again and again", arguments: versions)
  func repeated(version: TLSVersion) throws {
    let clientConfiguration = try client(version)
    let serverConfiguration = try authority.server("device.test")
    let resumption = try TLSResumption()
    #expect(try !connect(clientConfiguration, serverConfiguration, resumption))
    for _ in 0..<5 {
      #expect(resumption.hasTicket == true)
      #expect(try connect(clientConfiguration, serverConfiguration, resumption))
    }
  }

  @Test("needs a ticket: none comes before the handshake is complete in TLS 1.3", .enabled(if: versions.count > 1))
  func ticketAfterHandshake() throws {
    let clientConfiguration = try client(.tls13)
    let serverConfiguration = try authority.server("device.test")
    let resumption = try TLSResumption()
    var pair = try Pair(clientConfiguration, serverConfiguration, resumption: resumption)
    #expect(pair.shakeHands().isOpen)
    #expect(resumption.hasTicket == false)
    #expect(try pair.clientReads() == ([], .wouldBlock))
    #expect(resumption.hasTicket == true)
  }

  @Test("knows the server's key from the full one", arguments: versions)
  func keyHash(version: TLSVersion) throws {
    let clientConfiguration = try client(version)
    let serverConfiguration = try authority.server("device.test")
    let resumption = try TLSResumption()
    var hashes: [String] = []
    for _ in 0..<2 {
      var pair = try Pair(clientConfiguration, serverConfiguration, resumption: resumption)
      #expect(pair.shakeHands().isOpen)
      _ = try pair.clientReads()
      hashes.append(text { pair.client.information.appendPeerKeyHash(to: &$0) })
    }
    #expect(hashes[0] == hashes[1])
    #expect(hashes[0].count == 64)
  }

  @Test("takes less to be sent than a full one", arguments: versions)
  func smaller(version: TLSVersion) throws {
    let clientConfiguration = try client(version)
    let serverConfiguration = try authority.server("device.test")
    let resumption = try TLSResumption()
    var bytes: [Int] = []
    for _ in 0..<2 {
      var pair = try Pair(clientConfiguration, serverConfiguration, resumption: resumption)
      #expect(pair.shakeHands().isOpen)
      bytes.append(pair.toClient.writes.reduce(0, +))
      _ = try pair.clientReads()
    }
    #expect(bytes[1] < bytes[0])
  }

  @Test("is not tried with another name", arguments: versions)
  func otherName(version: TLSVersion) throws {
    let clientConfiguration = try client(version)
    let serverConfiguration = try authority.server("device.test,other.test")
    let resumption = try TLSResumption()
    #expect(try !connect(clientConfiguration, serverConfiguration, resumption))
    #expect(try !connect(clientConfiguration, serverConfiguration, resumption, name: "other.test"))
    #expect(try connect(clientConfiguration, serverConfiguration, resumption, name: "other.test"))
  }

  @Test("is not tried with another configuration, or a changed one", arguments: versions)
  func otherConfiguration(version: TLSVersion) throws {
    var clientConfiguration = try client(version)
    let serverConfiguration = try authority.server("device.test")
    let resumption = try TLSResumption()
    #expect(try !connect(clientConfiguration, serverConfiguration, resumption))
    // Pins that were not there when the ticket was made have to be checked.
    try clientConfiguration.addPin([UInt8](repeating: 9, count: 32).span)
    var pair = try Pair(clientConfiguration, serverConfiguration, resumption: resumption)
    #expect(pair.shakeHands().clientError == .pinMismatch)

    let another = try client(version)
    #expect(try !connect(another, serverConfiguration, resumption))
  }

  @Test("is not tried after the certificate has expired", arguments: versions)
  func expired(version: TLSVersion) throws {
    let clientConfiguration = try client(version)
    let serverConfiguration = try authority.server("device.test", from: now - day, to: now + day)
    let resumption = try TLSResumption()
    #expect(try !connect(clientConfiguration, serverConfiguration, resumption))
    var pair = try Pair(clientConfiguration, serverConfiguration, resumption: resumption)
    pair.client.useTime(wallMilliseconds: UInt64(now + 2 * day) * 1000)
    #expect(pair.shakeHands().clientError == .certificateExpired)
  }

  @Test("becomes a full one when the server no longer knows the ticket", arguments: versions)
  func forgotten(version: TLSVersion) throws {
    let clientConfiguration = try client(version)
    let pem = try authority.issue("device.test")
    let resumption = try TLSResumption()
    let before = try TLSConfiguration.server(pem)
    #expect(try !connect(clientConfiguration, before, resumption))
    let after = try TLSConfiguration.server(pem)
    #expect(try !connect(clientConfiguration, after, resumption))
    #expect(try connect(clientConfiguration, after, resumption))
  }

  @Test("is not tried after the ticket was cleared", arguments: versions)
  func cleared(version: TLSVersion) throws {
    let clientConfiguration = try client(version)
    let serverConfiguration = try authority.server("device.test")
    var resumption = try TLSResumption()
    #expect(try !connect(clientConfiguration, serverConfiguration, resumption))
    resumption.clear()
    #expect(resumption.hasTicket == false)
    #expect(try !connect(clientConfiguration, serverConfiguration, resumption))
  }

  @Test("keeps its ticket over a connection that was only cut", arguments: versions)
  func cut(version: TLSVersion) throws {
    let clientConfiguration = try client(version)
    let serverConfiguration = try authority.server("device.test")
    let resumption = try TLSResumption()
    #expect(try !connect(clientConfiguration, serverConfiguration, resumption))
    do {
      var pair = try Pair(clientConfiguration, serverConfiguration, resumption: resumption)
      pair.toClient.hasEnded = true
      #expect(throws: TLSError.closedDuringHandshake) { try pair.client.handshake(over: &pair.clientSocket) }
    }
    #expect(try connect(clientConfiguration, serverConfiguration, resumption))
  }

  @Test("may outlive the place of its ticket", arguments: versions)
  func outlived(version: TLSVersion) throws {
    let clientConfiguration = try client(version)
    let serverConfiguration = try authority.server("device.test")
    func makePair() throws -> Pair {
      let resumption = try TLSResumption()
      return try Pair(clientConfiguration, serverConfiguration, resumption: resumption)
    }
    var pair = try makePair()
    #expect(pair.shakeHands().isOpen)
    #expect(try pair.clientReads() == ([], .wouldBlock))
  }
}
