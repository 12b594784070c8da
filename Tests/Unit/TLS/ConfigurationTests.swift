import Bytes
import HAL
@testable import TLS
import Testing

@Suite("CA certificates")
struct AuthorityTests {
  @Test("are read from a text with several, and what cannot be read is counted")
  func bundle() throws {
    let first = try TestAuthority("First CA")
    let second = try TestAuthority("Second CA")
    var bundle = "# a comment\r\n".bytes + first.pem.certificate
    bundle += "-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n".bytes
    bundle += second.pem.certificate + "-----BEGIN CERTIFICATE-----\ncut off".bytes
    var configuration = try TLSConfiguration.client()
    #expect(try configuration.addAuthorities(bundle.span) == TLSAuthorityCount(added: 2, skipped: 2))

    let serverConfiguration = try second.server("device.test")
    var pair = try Pair(configuration, serverConfiguration)
    #expect(pair.shakeHands().isOpen)
  }

  @Test("are read in DER")
  func der() throws {
    let authority = try TestAuthority("Test CA")
    let der = try base64Decoded(authority.pem.certificate)
    var configuration = try TLSConfiguration.client()
    #expect(try configuration.addAuthorities(der.span) == TLSAuthorityCount(added: 1, skipped: 0))
    let serverConfiguration = try authority.server("device.test")
    var pair = try Pair(configuration, serverConfiguration)
    #expect(pair.shakeHands().isOpen)
  }

  @Test(
    "have to be there", arguments: ["", "hello", "0", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"])
  func none(text: String) throws {
    var configuration = try TLSConfiguration.client()
    #expect(throws: TLSError.invalidAuthority) { try configuration.addAuthorities(text.bytes.span) }
    #expect(TLSError.invalidAuthority.kind == .giveUp)
  }

  @Test("of this computer are all read but a few", .enabled(if: systemBundle != nil))
  func system() throws {
    let bundle = try #require(systemBundle)
    var configuration = try TLSConfiguration.client()
    let count = try configuration.addAuthorities(bundle.span)
    #expect(count.added > 50)
    #expect(count.skipped * 10 < count.added)
  }

  /// The DER inside a PEM text.
  private func base64Decoded(_ pem: [UInt8]) throws -> [UInt8] {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".bytes
    let lines = String(decoding: pem, as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("-----") }
    var bytes: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    for character in lines.joined().utf8 where character != UInt8(ascii: "=") {
      guard let value = alphabet.firstIndex(of: character) else { continue }
      bits = bits << 6 | UInt32(value)
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    return bytes
  }
}

@Suite("A configuration")
struct ConfigurationTests {
  @Test("of a server needs a certificate and the key that belongs to it")
  func serverInput() throws {
    let authority = try TestAuthority("Test CA")
    let one = try authority.issue("one.test")
    let two = try authority.issue("two.test")
    let junk = "junk".bytes
    #expect(throws: TLSError.invalidCertificate) {
      _ = try TLSConfiguration.server(certificateChain: junk.span, privateKey: one.key.span)
    }
    #expect(throws: TLSError.invalidKey) {
      _ = try TLSConfiguration.server(certificateChain: one.certificate.span, privateKey: junk.span)
    }
    #expect(throws: TLSError.invalidKey) {
      _ = try TLSConfiguration.server(certificateChain: one.certificate.span, privateKey: two.key.span)
    }
  }

  @Test("cannot be changed while a session uses it, and again after")
  func frozen() throws {
    let authority = try TestAuthority("Test CA")
    var configuration = try authority.client()
    func use(_ configuration: borrowing TLSConfiguration) throws -> Session {
      try Session(client: configuration, serverName: "device.test".bytes.span)
    }
    do {
      let session = try use(configuration)
      #expect(throws: TLSError.invalidArgument) { try configuration.setVersions(.tls12...(.tls12)) }
      #expect(throws: TLSError.invalidArgument) { try configuration.addAuthorities(authority.pem.certificate.span) }
      let isPending = session.hasPendingOutput
      #expect(!isPending)
    }
    try configuration.setVersions(.tls12...(.tls12))
  }

  @Test("may end before its sessions do")
  func outlived() throws {
    func makePair() throws -> Pair {
      let authority = try TestAuthority("Test CA")
      let clientConfiguration = try authority.client()
      let serverConfiguration = try authority.server("device.test")
      return try Pair(clientConfiguration, serverConfiguration)
    }
    var pair = try makePair()
    #expect(pair.shakeHands().isOpen)
  }

  @Test("for one role makes no session for the other")
  func roles() throws {
    let authority = try TestAuthority("Test CA")
    let client = try authority.client()
    let server = try authority.server("device.test")
    #expect(throws: TLSError.invalidArgument) { _ = try Session(server: client) }
    #expect(throws: TLSError.invalidArgument) { _ = try Session(client: server, serverName: "a.test".bytes.span) }
  }
}

@Suite("A client certificate")
struct ClientCertificateTests {
  @Test("is shown when the server asks for one", arguments: versions)
  func shown(version: TLSVersion) throws {
    let authority = try TestAuthority("Test CA")
    var clientConfiguration = try authority.client()
    let pem = try authority.issue("board-1")
    try clientConfiguration.setCertificate(chain: pem.certificate.span, privateKey: pem.key.span)
    try clientConfiguration.setVersions(version...version)
    var serverConfiguration = try authority.server("device.test")
    try serverConfiguration.addAuthorities(authority.pem.certificate.span)
    var pair = try Pair(clientConfiguration, serverConfiguration)
    #expect(pair.shakeHands().isOpen)
    #expect(pair.server.information.hasPeerKeyHash)
    #expect(pair.toServer.writes.count == 2)
    #expect(try pair.client.write("x".bytes.span, over: &pair.clientSocket) == 1)
    #expect(try pair.serverReads().0 == "x".bytes)
  }

  @Test("that is missing ends the session", arguments: versions)
  func missing(version: TLSVersion) throws {
    let authority = try TestAuthority("Test CA")
    var clientConfiguration = try authority.client()
    try clientConfiguration.setVersions(version...version)
    var serverConfiguration = try authority.server("device.test")
    try serverConfiguration.addAuthorities(authority.pem.certificate.span)
    var pair = try Pair(clientConfiguration, serverConfiguration)
    let outcome = pair.shakeHands()
    #expect(outcome.serverError == .noPeerCertificate)
    // In TLS 1.3 the client learns of it after its own handshake is complete. (What it learns is only that the session
    // has failed: mbedTLS sends no alert in 1.2, and one with keys of the wrong stage in 1.3.)
    #expect((outcome.clientError ?? clientReadError(&pair)) != nil)
  }

  @Test("from another CA ends the session", arguments: versions)
  func unknown(version: TLSVersion) throws {
    let authority = try TestAuthority("Test CA")
    var clientConfiguration = try authority.client()
    let pem = try TestAuthority("Other CA").issue("board-1")
    try clientConfiguration.setCertificate(chain: pem.certificate.span, privateKey: pem.key.span)
    try clientConfiguration.setVersions(version...version)
    var serverConfiguration = try authority.server("device.test")
    try serverConfiguration.addAuthorities(authority.pem.certificate.span)
    var pair = try Pair(clientConfiguration, serverConfiguration)
    let outcome = pair.shakeHands()
    #expect(outcome.serverError == .certificateFromUnknownAuthority)
    let error = outcome.clientError ?? clientReadError(&pair)
    #expect(version == .tls12 ? error == .alertReceived(48) : error != nil)
  }

  private func clientReadError(_ pair: inout Pair) -> TLSError? {
    do {
      _ = try pair.clientReads()
      return nil
    } catch {
      return error as? TLSError
    }
  }
}
