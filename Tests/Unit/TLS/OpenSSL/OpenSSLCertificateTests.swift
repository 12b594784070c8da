import Bytes
import HAL
import TLS
import Testing

/// Certificates not made here, of kinds that this project's own maker does not make.
@Suite("With certificates made by openssl, this client", .serialized)
struct OpenSSLCertificateTests {
  private let usage = "keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n"

  private func outcome(
    _ authority: OpenSSLAuthority, _ pem: PEM, _ version: TLSVersion, name: String = "device.test",
    options: [String] = []
  ) throws -> (error: TLSError?, words: String) {
    let server = try OpenSSLServer(pem, [version.option] + options)
    var configuration = try authority.client()
    try configuration.setVersions(version...version)
    var connection = try Connection(port: server.port, configuration, name: name)
    let error = try connection.shakeHands()
    return (error, connection.words)
  }

  @Test("accepts RSA of 2048 bits, and addresses in subjectAltName", arguments: versions)
  func rsa(version: TLSVersion) throws {
    let authority = try OpenSSLAuthority()
    let pem = try authority.issue("leaf", "subjectAltName=DNS:device.test,IP:127.0.0.1,IP:::1\n\(usage)")
    for name in ["device.test", "127.0.0.1", "::1"] {
      #expect(try outcome(authority, pem, version, name: name).error == nil)
    }
    let refusal = try outcome(authority, pem, version, name: "127.0.0.2")
    #expect(refusal.error == .certificateForOtherName)
    #expect(refusal.words == #"certificate is for "device.test", "127.0.0.1" and 1 more, not for "127.0.0.2""#)
  }

  @Test("accepts ECDSA on P-384", arguments: versions)
  func p384(version: TLSVersion) throws {
    let curve = ["ec", "-pkeyopt", "ec_paramgen_curve:P-384"]
    let authority = try OpenSSLAuthority(algorithm: curve)
    let pem = try authority.issue("leaf", "subjectAltName=DNS:device.test\n\(usage)", algorithm: curve, hash: "-sha384")
    #expect(try outcome(authority, pem, version).error == nil)
  }

  @Test("accepts a chain with an intermediate CA, and misses one that is not sent", arguments: versions)
  func intermediate(version: TLSVersion) throws {
    let authority = try OpenSSLAuthority()
    let middle = try authority.issue(
      "middle", "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign\n")
    let pem = try authority.issue("leaf", "subjectAltName=DNS:device.test\n\(usage)", issuer: "middle")
    let whole = PEM(certificate: pem.certificate + middle.certificate, key: pem.key)
    #expect(try outcome(authority, whole, version).error == nil)
    let refusal = try outcome(authority, pem, version)
    #expect(refusal.error == .certificateFromUnknownAuthority)
    #expect(refusal.words.contains("CN=middle"))
  }

  @Test("Bug: it told a chain of too many CAs as a handshake message that is wrong", arguments: versions)
  func longChain(version: TLSVersion) throws {
    let authority = try OpenSSLAuthority()
    let curve = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    var chain: [UInt8] = []
    var issuer = "ca"
    for index in 0..<10 {
      let name = "middle\(index)"
      let extensions = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n"
      chain = try authority.issue(name, extensions, algorithm: curve, issuer: issuer).certificate + chain
      issuer = name
    }
    let pem = try authority.issue("leaf", "subjectAltName=DNS:device.test\n\(usage)", algorithm: curve, issuer: issuer)
    let refusal = try outcome(authority, PEM(certificate: pem.certificate + chain, key: pem.key), version)
    #expect(refusal.error == .certificateUnreadable)
    #expect(refusal.words.contains("its chain has too many CAs, or could not be checked"))
  }

  @Test("does not take a certificate that is no CA's for a CA's")
  func noAuthority() throws {
    let authority = try OpenSSLAuthority()
    let impostor = try authority.issue("impostor", "basicConstraints=critical,CA:FALSE\n\(usage)")
    let pem = try authority.issue("leaf", "subjectAltName=DNS:device.test\n\(usage)", issuer: "impostor")
    let whole = PEM(certificate: pem.certificate + impostor.certificate, key: pem.key)
    #expect(try outcome(authority, whole, .tls12).error == .certificateFromUnknownAuthority)
  }

  @Test("does not let the common name stand for a subjectAltName", arguments: versions)
  func commonNameOnly(version: TLSVersion) throws {
    let authority = try OpenSSLAuthority()
    for name in ["device.test", "127.0.0.1"] {
      let pem = try authority.issue(name, usage)
      let refusal = try outcome(authority, pem, version, name: name)
      #expect(refusal.error == .certificateForOtherName)
      #expect(refusal.words == #"certificate is for no name (it has no subjectAltName), not for "\#(name)""#)
    }
  }

  @Test("does not let a DNS name in subjectAltName stand for an address")
  func addressAsName() throws {
    let authority = try OpenSSLAuthority()
    let pem = try authority.issue("leaf", "subjectAltName=DNS:127.0.0.1\n\(usage)")
    #expect(try outcome(authority, pem, .tls12, name: "127.0.0.1").error == .certificateForOtherName)
  }

  @Test("Bug: it passed over the names that a CA is limited to, unless the extension was critical", arguments: versions)
  func nameConstraints(version: TLSVersion) throws {
    let authority = try OpenSSLAuthority()
    let extensions = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nnameConstraints="
    for (index, constraints) in ["permitted;DNS:other.test", "excluded;DNS:device.test"].enumerated() {
      let middle = try authority.issue("middle\(index)", "\(extensions)\(constraints)\n")
      let pem = try authority.issue("leaf", "subjectAltName=DNS:device.test\n\(usage)", issuer: "middle\(index)")
      let whole = PEM(certificate: pem.certificate + middle.certificate, key: pem.key)
      let refusal = try outcome(authority, whole, version)
      #expect(refusal.error == .certificateUnreadable)
      #expect(
        refusal.words
          == "CA certificate in the chain is for certain names only (name constraints), which cannot be checked here")
    }
  }

  @Test("refuses a certificate for clients only", arguments: versions)
  func wrongUsage(version: TLSVersion) throws {
    let authority = try OpenSSLAuthority()
    let pem = try authority.issue("leaf", "subjectAltName=DNS:device.test\nextendedKeyUsage=clientAuth\n")
    let refusal = try outcome(authority, pem, version)
    #expect(refusal.error == .certificateNotForThisUse)
    #expect(refusal.words.contains("certificate is not meant for this use"))
  }

  @Test("refuses RSA of 1024 bits", arguments: versions)
  func weakKey(version: TLSVersion) throws {
    let authority = try OpenSSLAuthority()
    let pem = try authority.issue("leaf", "subjectAltName=DNS:device.test\n\(usage)", algorithm: ["rsa:1024"])
    let refusal = try outcome(authority, pem, version, options: ["-cipher", "DEFAULT@SECLEVEL=0"])
    #expect(refusal.error == .certificateKeyTooWeak)
  }

  @Test("refuses a signature with SHA-1", arguments: versions)
  func weakSignature(version: TLSVersion) throws {
    let authority = try OpenSSLAuthority()
    let pem = try authority.issue("leaf", "subjectAltName=DNS:device.test\n\(usage)", hash: "-sha1")
    let refusal = try outcome(authority, pem, version, options: ["-cipher", "DEFAULT@SECLEVEL=0"])
    #expect(refusal.error == .certificateSignatureTooWeak)
  }

  @Test("reports the public key's hash as openssl computes it")
  func keyHash() throws {
    let authority = try OpenSSLAuthority()
    let pem = try authority.issue("leaf", "subjectAltName=DNS:device.test\n\(usage)")
    let folder = try Folder()
    let certificate = try folder.write("leaf.pem", pem.certificate)
    let key = try Program.run("openssl", "x509", "-in", certificate, "-pubkey", "-noout")
    let keyFile = try folder.write("key.pem", key.bytes)
    let der = "\(folder.path)/key.der"
    try Program.run("openssl", "pkey", "-pubin", "-in", keyFile, "-outform", "DER", "-out", der)
    let digest = try Program.run("openssl", "dgst", "-sha256", "-r", der)

    let server = try OpenSSLServer(pem)
    let configuration = try authority.client()
    var connection = try Connection(port: server.port, configuration)
    #expect(try connection.shakeHands() == nil)
    #expect(text { connection.session.information.appendPeerKeyHash(to: &$0) } == String(digest.prefix(64)))
  }
}
