import Bytes
import HAL
import TLS
import Testing

@Suite("A client checks the server's certificate")
struct CertificateTests {
  let authority: TestAuthority

  init() throws { authority = try TestAuthority("Test CA") }

  /// What a client of this CA says about a server with this certificate.
  private func refusal(
    of pem: PEM, name: String = "device.test", version: TLSVersion
  ) throws -> (client: TLSError?, server: TLSError?, words: String) {
    var clientConfiguration = try authority.client()
    try clientConfiguration.setVersions(version...version)
    let serverConfiguration = try TLSConfiguration.server(pem)
    var pair = try Pair(clientConfiguration, serverConfiguration, name: name)
    let outcome = pair.shakeHands()
    #expect(!outcome.clientIsOpen)
    return (outcome.clientError, outcome.serverError, pair.clientWords)
  }

  @Test("refuses one that has expired, with the date", arguments: versions)
  func expired(version: TLSVersion) throws {
    // 2024-01-31 12:00:00 UTC.
    let pem = try authority.issue("device.test", from: 1_600_000_000, to: 1_706_702_400)
    let refusal = try refusal(of: pem, version: version)
    #expect(refusal.client == .certificateExpired)
    #expect(refusal.client?.kind == .checkClock)
    #expect(refusal.words.hasPrefix("certificate expired on 2024-01-31; the clock here says 20"))
    // The server is told why (alert 45, certificate_expired); in TLS 1.3 mbedTLS sends it with keys of the wrong stage.
    if version == .tls12 { #expect(refusal.server == .alertReceived(45)) }
  }

  @Test("refuses one that is not valid yet, with the date", arguments: versions)
  func notYetValid(version: TLSVersion) throws {
    // 2120-02-29 00:00:00 UTC.
    let pem = try authority.issue("device.test", from: 4_738_608_000, to: 4_800_000_000)
    let refusal = try refusal(of: pem, version: version)
    #expect(refusal.client == .certificateNotYetValid)
    #expect(refusal.words.hasPrefix("certificate is not valid before 2120-02-29; the clock here says 20"))
  }

  @Test("refuses one for another name, with both names", arguments: versions)
  func otherName(version: TLSVersion) throws {
    let refusal = try refusal(of: try authority.issue("other.test"), version: version)
    #expect(refusal.client == .certificateForOtherName)
    #expect(refusal.client?.kind == .refused)
    #expect(refusal.words == #"certificate is for "other.test", not for "device.test""#)
    if version == .tls12 { #expect(refusal.server == .alertReceived(42)) }
  }

  @Test("names at most two of many names")
  func manyNames() throws {
    let pem = try authority.issue("a.test,10.1.2.3,c.test,2001:db8::1")
    let refusal = try refusal(of: pem, version: .tls12)
    #expect(refusal.words == #"certificate is for "a.test", "10.1.2.3" and 2 more, not for "device.test""#)
  }

  @Test("refuses one from an unknown CA, with the issuer", arguments: versions)
  func unknownAuthority(version: TLSVersion) throws {
    let refusal = try refusal(of: try TestAuthority("Other CA").issue("device.test"), version: version)
    #expect(refusal.client == .certificateFromUnknownAuthority)
    #expect(refusal.words == #"certificate was not issued by a trusted CA (issuer "CN=Other CA")"#)
    if version == .tls12 { #expect(refusal.server == .alertReceived(48)) }
  }

  @Test("refuses one from a CA that only has the name of a trusted one")
  func impostor() throws {
    let refusal = try refusal(of: try TestAuthority("Test CA").issue("device.test"), version: .tls12)
    #expect(refusal.client == .certificateFromUnknownAuthority)
    #expect(refusal.words.hasSuffix("; not signed with the key of that CA"))
  }

  @Test("refuses a self-signed one", arguments: versions)
  func selfSignedOne(version: TLSVersion) throws {
    let refusal = try refusal(of: try selfSigned("device.test"), version: version)
    #expect(refusal.client == .certificateSelfSigned)
    #expect(refusal.words.hasPrefix("certificate is self-signed and not trusted"))
  }

  @Test("accepts a self-signed one that was added as trusted", arguments: versions)
  func trustedSelfSigned(version: TLSVersion) throws {
    let pem = try selfSigned("device.test")
    var clientConfiguration = try TLSConfiguration.client()
    try clientConfiguration.addAuthorities(pem.certificate.span)
    try clientConfiguration.setVersions(version...version)
    let serverConfiguration = try TLSConfiguration.server(pem)
    var pair = try Pair(clientConfiguration, serverConfiguration)
    #expect(pair.shakeHands().isOpen)
    var other = try Pair(clientConfiguration, serverConfiguration, name: "other.test")
    #expect(other.shakeHands().clientError == .certificateForOtherName)
  }

  @Test("refuses all when no CA was added")
  func noAuthority() throws {
    let clientConfiguration = try TLSConfiguration.client()
    let serverConfiguration = try authority.server("device.test")
    var pair = try Pair(clientConfiguration, serverConfiguration)
    #expect(pair.shakeHands().clientError == .certificateFromUnknownAuthority)
    #expect(!pair.clientWords.isEmpty)
  }

  @Test("refuses a chain whose CA has expired")
  func expiredAuthority() throws {
    let old = try TestAuthority("Old CA", from: now - 20 * day, to: now - 10 * day)
    var clientConfiguration = try TLSConfiguration.client()
    try clientConfiguration.addAuthorities(old.pem.certificate.span)
    let serverConfiguration = try old.server("device.test")
    var pair = try Pair(clientConfiguration, serverConfiguration)
    let error = pair.shakeHands().clientError
    #expect(error == .certificateExpired || error == .certificateFromUnknownAuthority)
    #expect(pair.clientWords.contains("CA certificate in the chain expired") || error != .certificateExpired)
  }

  @Test("checks the dates against the time it is given instead of the computer's")
  func ownTime() throws {
    let clientConfiguration = try authority.client()
    let serverConfiguration = try authority.server("device.test", from: now - day, to: now + 90 * day)
    func error(at seconds: Int64) throws -> (TLSError?, String) {
      var pair = try Pair(clientConfiguration, serverConfiguration)
      pair.client.useTime(wallMilliseconds: UInt64(seconds) * 1000)
      return (pair.shakeHands().clientError, pair.clientWords)
    }
    #expect(try error(at: now + 89 * day).0 == nil)
    #expect(try error(at: now + 91 * day).0 == .certificateExpired)
    // A board that has just booted and has no time yet.
    let booted = try error(at: 3)
    #expect(booted.0 == .certificateNotYetValid)
    #expect(booted.1.hasSuffix("; the clock here says 1970-01-01"))

    // The computer's clock says the certificate has expired; the one given does not.
    let oldServer = try authority.server("device.test", from: now - 10 * day, to: now - 5 * day)
    var pair = try Pair(clientConfiguration, oldServer)
    pair.client.useTime(wallMilliseconds: UInt64(now - 6 * day) * 1000)
    // (The CA here is a day old.)
    #expect(pair.shakeHands().clientError == .certificateNotYetValid)
    let oldAuthority = try TestAuthority("Old CA", from: now - 20 * day, to: now + day)
    var oldClient = try TLSConfiguration.client()
    try oldClient.addAuthorities(oldAuthority.pem.certificate.span)
    let server = try oldAuthority.server("device.test", from: now - 10 * day, to: now - 5 * day)
    var good = try Pair(oldClient, server)
    good.client.useTime(wallMilliseconds: UInt64(now - 6 * day) * 1000)
    #expect(good.shakeHands().isOpen)
  }
}

@Suite("Names in certificates")
struct NameTests {
  let authority: TestAuthority

  init() throws { authority = try TestAuthority("Test CA") }

  private func connects(_ name: String, to names: String) throws -> Bool {
    let clientConfiguration = try authority.client()
    let serverConfiguration = try authority.server(names)
    var pair = try Pair(clientConfiguration, serverConfiguration, name: name)
    let outcome = pair.shakeHands()
    if !outcome.isOpen { #expect(outcome.clientError == .certificateForOtherName) }
    return outcome.isOpen
  }

  @Test(
    "match",
    arguments: [
      ("device.test", "device.test"), ("DEVICE.Test", "device.test"), ("device.test.", "device.test"),
      ("device.test", "other.test,device.test"), ("a.device.test", "*.device.test"), ("localhost", "localhost"),
      ("under_score.test", "under_score.test"), ("127.0.0.1", "127.0.0.1"), ("127.0.0.1", "localhost,127.0.0.1,::1"),
      ("::1", "localhost,127.0.0.1,::1"), ("[::1]", "::1"), ("0:0:0:0:0:0:0:1", "::1"),
      ("2001:DB8::A:1", "2001:db8:0:0:0:0:a:1"), ("fe80::", "fe80::"),
    ])
  func match(name: String, names: String) throws {
    #expect(try connects(name, to: names))
  }

  @Test(
    "do not match",
    arguments: [
      ("device.test", "device.test.other"), ("device.test", "adevice.test"), ("device.test", "*.device.test"),
      ("a.b.device.test", "*.device.test"), ("device.test", "*.test"), ("127.0.0.1", "127.0.0.2"),
      ("127.0.0.1", "::ffff:7f00:1"), ("::1", "::2"), ("127.0.0.1", "localhost"),
    ])
  func noMatch(name: String, names: String) throws {
    #expect(try !connects(name, to: names))
  }

  @Test(
    "cannot be put into a certificate when malformed",
    arguments: ["", "a,,b", "*", "a.*.test", "bad name", "1.2.3.4.5", "host:80", "ü.test"])
  func malformed(names: String) {
    #expect(throws: TLSError.invalidArgument) { _ = try authority.issue(names) }
  }
}

@Suite("A pinned public key")
struct PinTests {
  let authority: TestAuthority
  let pem: PEM

  init() throws {
    authority = try TestAuthority("Test CA")
    pem = try authority.issue("device.test")
  }

  /// The hash that a client which does not pin reports.
  private func hash(of pem: PEM) throws -> [UInt8] {
    let clientConfiguration = try authority.client()
    let serverConfiguration = try TLSConfiguration.server(pem)
    var pair = try Pair(clientConfiguration, serverConfiguration)
    #expect(pair.shakeHands().isOpen)
    let information = pair.client.information
    return information.peerKeyHash.indices.map { information.peerKeyHash[$0] }
  }

  @Test("is accepted, alone or beside a spare one", arguments: versions)
  func accepted(version: TLSVersion) throws {
    var clientConfiguration = try authority.client()
    try clientConfiguration.setVersions(version...version)
    try clientConfiguration.addPin([UInt8](repeating: 1, count: 32).span)
    let pin = try hash(of: pem)
    try clientConfiguration.addPin(pin.span)
    let serverConfiguration = try TLSConfiguration.server(pem)
    var pair = try Pair(clientConfiguration, serverConfiguration)
    #expect(pair.shakeHands().isOpen)
  }

  @Test("keeps out another key with a good certificate", arguments: versions)
  func mismatch(version: TLSVersion) throws {
    var clientConfiguration = try authority.client()
    try clientConfiguration.setVersions(version...version)
    let pin = try hash(of: pem)
    try clientConfiguration.addPin(pin.span)
    let serverConfiguration = try authority.server("device.test")
    var pair = try Pair(clientConfiguration, serverConfiguration)
    #expect(pair.shakeHands().clientError == .pinMismatch)
    #expect(pair.clientWords.hasPrefix("certificate's public key is not one of those pinned"))
  }

  @Test("does not replace the other checks")
  func inAddition() throws {
    let otherAuthority = try TestAuthority("Other CA")
    var clientConfiguration = try otherAuthority.client()
    let pin = try hash(of: pem)
    try clientConfiguration.addPin(pin.span)
    let serverConfiguration = try TLSConfiguration.server(pem)
    var pair = try Pair(clientConfiguration, serverConfiguration)
    #expect(pair.shakeHands().clientError == .certificateFromUnknownAuthority)
  }

  @Test("has 32 bytes, and there are at most 4")
  func limits() throws {
    var configuration = try authority.client()
    #expect(throws: TLSError.invalidArgument) { try configuration.addPin([1, 2, 3].span) }
    for _ in 0..<4 { try configuration.addPin([UInt8](repeating: 1, count: 32).span) }
    #expect(throws: TLSError.invalidArgument) {
      try configuration.addPin([UInt8](repeating: 1, count: 32).span)
    }
  }
}
