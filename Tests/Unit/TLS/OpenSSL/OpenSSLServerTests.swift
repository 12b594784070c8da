import Bytes
import HAL
import TLS
import Testing

/// A peer not written here, over TCP on loopback. One after the other: they start programs.
@Suite("With openssl s_server, this client", .serialized)
struct OpenSSLServerTests {
  let authority: TestAuthority

  init() throws { authority = try TestAuthority("Test CA") }

  private func client(_ version: TLSVersion) throws -> TLSConfiguration {
    var configuration = try authority.client()
    try configuration.setVersions(version...version)
    return configuration
  }

  /// What this client says to a server with this certificate.
  private func refusal(
    of pem: PEM, _ version: TLSVersion, name: String = "device.test"
  ) throws -> (error: TLSError?, words: String) {
    let server = try OpenSSLServer(pem, version.option)
    let configuration = try client(version)
    var connection = try Connection(port: server.port, configuration, name: name)
    let error = try connection.shakeHands()
    return (error, connection.words)
  }

  @Test("exchanges lines", arguments: versions)
  func exchange(version: TLSVersion) throws {
    let server = try OpenSSLServer(try authority.issue("device.test"), version.option)
    let configuration = try client(version)
    var connection = try Connection(port: server.port, configuration)
    #expect(try connection.shakeHands() == nil)
    #expect(connection.session.information.version == version)
    #expect(connection.session.information.hasApplicationProtocol == false)
    try connection.send("hello\n")
    #expect(try connection.receive(6) == "olleh\n")
    connection.session.close(over: &connection.socket)
    #expect(try connection.finish() == nil)
  }

  @Test("refuses an expired certificate", arguments: versions)
  func expired(version: TLSVersion) throws {
    // 2024-01-31 12:00:00 UTC.
    let refusal = try refusal(of: try authority.issue("device.test", from: 1_600_000_000, to: 1_706_702_400), version)
    #expect(refusal.error == .certificateExpired)
    #expect(refusal.words.hasPrefix("certificate expired on 2024-01-31; the clock here says 20"))
  }

  @Test("refuses a certificate that is not valid yet", arguments: versions)
  func notYetValid(version: TLSVersion) throws {
    let refusal = try refusal(of: try authority.issue("device.test", from: now + day, to: now + 2 * day), version)
    #expect(refusal.error == .certificateNotYetValid)
    #expect(refusal.words.hasPrefix("certificate is not valid before 20"))
  }

  @Test("refuses a certificate for another name", arguments: versions)
  func otherName(version: TLSVersion) throws {
    let refusal = try refusal(of: try authority.issue("other.test"), version)
    #expect(refusal.error == .certificateForOtherName)
    #expect(refusal.words == #"certificate is for "other.test", not for "device.test""#)
  }

  @Test("refuses a certificate from an unknown CA", arguments: versions)
  func unknownAuthority(version: TLSVersion) throws {
    let refusal = try refusal(of: try TestAuthority("Other CA").issue("device.test"), version)
    #expect(refusal.error == .certificateFromUnknownAuthority)
    #expect(refusal.words == #"certificate was not issued by a trusted CA (issuer "CN=Other CA")"#)
  }

  @Test("refuses a self-signed certificate", arguments: versions)
  func selfSignedOne(version: TLSVersion) throws {
    let refusal = try refusal(of: try selfSigned("device.test"), version)
    #expect(refusal.error == .certificateSelfSigned)
    #expect(refusal.words.hasPrefix("certificate is self-signed and not trusted"))
  }

  @Test("resumes, with tickets", arguments: versions)
  func resumption(version: TLSVersion) throws {
    try resumes(version, [])
  }

  @Test("resumes, with session identifiers (TLS 1.2)")
  func sessionIdentifiers() throws {
    try resumes(.tls12, ["-no_ticket"])
  }

  private func resumes(_ version: TLSVersion, _ options: [String]) throws {
    let server = try OpenSSLServer(try authority.issue("device.test"), [version.option] + options)
    let configuration = try client(version)
    let resumption = try TLSResumption()
    for round in 0..<3 {
      var connection = try Connection(port: server.port, configuration, resumption: resumption)
      #expect(try connection.shakeHands() == nil)
      #expect(connection.session.information.isResumed == (round > 0))
      try connection.send("hello\n")
      #expect(try connection.receive(6) == "olleh\n")
      connection.session.close(over: &connection.socket)
      #expect(try connection.finish() == nil)
    }
  }

  @Test("shows its certificate", arguments: versions)
  func clientCertificate(version: TLSVersion) throws {
    let folder = try Folder()
    let trusted = try folder.write("ca.pem", authority.pem.certificate)
    let options = [version.option, "-Verify", "1", "-verify_return_error", "-CAfile", trusted]
    let server = try OpenSSLServer(try authority.issue("device.test"), options)

    var withCertificate = try client(version)
    let pem = try authority.issue("board-1")
    try withCertificate.setCertificate(chain: pem.certificate.span, privateKey: pem.key.span)
    var good = try Connection(port: server.port, withCertificate)
    #expect(try good.shakeHands() == nil)
    try good.send("hello\n")
    #expect(try good.receive(6) == "olleh\n")
    // s_server serves one at a time.
    good.session.close(over: &good.socket)
    #expect(try good.finish() == nil)

    let without = try client(version)
    var bad = try Connection(port: server.port, without)
    // In TLS 1.2 it is handshake_failure (40); in 1.3 certificate_required (116), behind the client's own handshake.
    var error = try bad.shakeHands()
    if error == nil { error = try bad.finish() }
    #expect(error == .alertReceived(version == .tls12 ? 40 : 116))
    #expect(bad.words.contains("it wants a client certificate"))
  }

  @Test("says what there is no agreement on")
  func noAgreement() throws {
    let pem = try authority.issue("device.test")
    let configuration = try client(.tls12)
    let old = try OpenSSLServer(pem, "-tls1_2", "-cipher", "AES128-SHA:ECDHE-ECDSA-AES128-SHA")
    var oldSuites = try Connection(port: old.port, configuration)
    #expect(try oldSuites.shakeHands() == .alertReceived(40))
    #expect(oldSuites.words.contains("no cipher suite in common"))

    let new = try OpenSSLServer(pem, "-tls1_3")
    var newVersion = try Connection(port: new.port, configuration)
    #expect(try newVersion.shakeHands() == .noCommonVersion)

    let http2 = try OpenSSLServer(pem, "-alpn", "h2")
    var otherProtocol = try Connection(port: http2.port, configuration)
    #expect(try otherProtocol.shakeHands() == .noCommonProtocol)
  }

  @Test("takes the server's death for an end, if it was between records", arguments: versions)
  func serverDies(version: TLSVersion) throws {
    let server = try OpenSSLServer(try authority.issue("device.test"), version.option, "-naccept", "1")
    let configuration = try client(version)
    var connection = try Connection(port: server.port, configuration)
    #expect(try connection.shakeHands() == nil)
    try connection.send("hello\n")
    #expect(try connection.receive(6) == "olleh\n")
    server.program.end()
    #expect(try connection.finish() == nil)
    #expect(connection.session.information.isClosedByNotify == false)
  }

  @Test("agrees on ALPN http/1.1", arguments: versions)
  func applicationProtocol(version: TLSVersion) throws {
    let server = try OpenSSLServer(try authority.issue("device.test"), version.option, "-alpn", "h2,http/1.1")
    let configuration = try client(version)
    var connection = try Connection(port: server.port, configuration)
    #expect(try connection.shakeHands() == nil)
    #expect(text { connection.session.information.appendApplicationProtocol(to: &$0) } == "http/1.1")
  }
}
