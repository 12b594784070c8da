import TLS
import Testing

// Of mbedTLS, which Swift does not import: what a board's attach function does with the configuration it is given.
@_silgen_name("mbedtls_ssl_conf_verify")
private func setVerification(
  _ configuration: UnsafeMutableRawPointer?,
  _ verify: @convention(c) (OpaquePointer?, OpaquePointer?, Int32, UnsafeMutablePointer<UInt32>) -> Int32,
  _ context: OpaquePointer?)
@_silgen_name("mbedtls_ssl_conf_ca_chain")
private func setAuthorities(
  _ configuration: UnsafeMutableRawPointer?, _ certificates: UnsafeMutableRawPointer?, _ revoked: OpaquePointer?)

/// A bundle with the habits of ESP-IDF's: it puts a list of its own in place of the CAs, looks only at certificates
/// whose one flaw is the unknown issuer, and its refusal is an error.
private enum FakeBundle {
  static let notTrusted: UInt32 = 0x08
  static let verificationFailed: Int32 = -0x2700

  /// It knows every issuer.
  static let trusting: TLSBundleAttachment = { configuration in
    setAuthorities(configuration, dummy, nil)
    setVerification(
      configuration,
      { _, _, _, flags in
        if flags.pointee == notTrusted { flags.pointee = 0 }
        return 0
      }, nil)
    return 0
  }

  /// It knows none.
  static let empty: TLSBundleAttachment = { configuration in
    setAuthorities(configuration, dummy, nil)
    setVerification(configuration, { _, _, _, flags in flags.pointee == notTrusted ? verificationFailed : 0 }, nil)
    return 0
  }

  /// It says yes and forgets the flag: only the flag counts.
  static let forgetful: TLSBundleAttachment = { configuration in
    setAuthorities(configuration, dummy, nil)
    setVerification(configuration, { _, _, _, _ in 0 }, nil)
    return 0
  }

  static let broken: TLSBundleAttachment = { _ in -1 }

  /// An mbedtls_x509_crt with nothing in it, larger than any version's.
  nonisolated(unsafe) private static let dummy: UnsafeMutableRawPointer = {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 16)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: 4096)
    return memory
  }()
}

@Suite("A board's own bundle of CAs")
struct BundleTests {
  let authority: TestAuthority

  init() throws { authority = try TestAuthority("Test CA") }

  private func client(_ attach: TLSBundleAttachment) throws -> TLSConfiguration {
    var configuration = try TLSConfiguration.client()
    try configuration.useBundle(attach)
    return configuration
  }

  @Test("explains an issuer that no list of CAs has", arguments: versions)
  func trusted(version: TLSVersion) throws {
    var configuration = try client(FakeBundle.trusting)
    try configuration.setVersions(version...version)
    let server = try authority.server("device.test")
    var pair = try Pair(configuration, server)
    #expect(pair.shakeHands().isOpen)
  }

  @Test("that does not know the issuer either: refused, and the words are the usual ones")
  func unknownAuthority() throws {
    let configuration = try client(FakeBundle.empty)
    let server = try authority.server("device.test")
    var pair = try Pair(configuration, server)
    #expect(pair.shakeHands().clientError == .certificateFromUnknownAuthority)
    #expect(pair.clientWords.hasPrefix("certificate was not issued by a trusted CA (issuer \""))
  }

  @Test("whose callback does not clear the flag trusts no one")
  func forgetful() throws {
    let configuration = try client(FakeBundle.forgetful)
    let server = try authority.server("device.test")
    var pair = try Pair(configuration, server)
    #expect(pair.shakeHands().clientError == .certificateFromUnknownAuthority)
  }

  @Test("leaves names to the shim")
  func wrongName() throws {
    let configuration = try client(FakeBundle.trusting)
    let server = try authority.server("other.test")
    var pair = try Pair(configuration, server)
    #expect(pair.shakeHands().clientError == .certificateForOtherName)
    #expect(pair.clientWords == "certificate is for \"other.test\", not for \"device.test\"")
  }

  @Test("leaves dates to the shim, by the clock and by the session's own time")
  func dates() throws {
    let configuration = try client(FakeBundle.trusting)
    let expired = try authority.server("device.test", from: now - 9 * day, to: now - day)
    var pair = try Pair(configuration, expired)
    #expect(pair.shakeHands().clientError == .certificateExpired)
    #expect(pair.clientWords.hasPrefix("certificate expired on "))

    let server = try authority.server("device.test")
    var early = try Pair(configuration, server)
    early.client.useTime(wallMilliseconds: UInt64(now - 30 * day) * 1000)
    #expect(early.shakeHands().clientError == .certificateNotYetValid)

    // The clock says expired, the session's own time does not: the unknown issuer must still get to the bundle.
    var back = try Pair(configuration, expired)
    back.client.useTime(wallMilliseconds: UInt64(now - 2 * day) * 1000)
    #expect(back.shakeHands().isOpen)
  }

  @Test("stands beside CAs of a list, whichever came first", arguments: [true, false])
  func besideAuthorities(bundleFirst: Bool) throws {
    var configuration = try TLSConfiguration.client()
    if bundleFirst { try configuration.useBundle(FakeBundle.empty) }
    try configuration.addAuthorities(authority.pem.certificate.span)
    if !bundleFirst { try configuration.useBundle(FakeBundle.empty) }
    let server = try authority.server("device.test")
    var pair = try Pair(configuration, server)
    #expect(pair.shakeHands().isOpen)
  }

  @Test("that cannot be attached is an error, and so is one for a server or while a session lasts")
  func refused() throws {
    var configuration = try TLSConfiguration.client()
    #expect(throws: TLSError.invalidAuthority) { try configuration.useBundle(FakeBundle.broken) }
    var server = try authority.server("device.test")
    #expect(throws: TLSError.invalidArgument) { try server.useBundle(FakeBundle.trusting) }
    let pair = try Pair(configuration, server)
    #expect(throws: TLSError.invalidArgument) { try configuration.useBundle(FakeBundle.trusting) }
    _ = consume pair
  }
}
