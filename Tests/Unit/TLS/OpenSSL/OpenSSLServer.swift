import TLS

/// `openssl s_server` on a free port of the loopback interface; it sends each line back, reversed.
struct OpenSSLServer {
  let program: Program
  let port: UInt16
  private let folder: Folder

  /// With this certificate, and any options of s_server.
  init(_ pem: PEM, _ options: String...) throws { try self.init(pem, options) }

  init(_ pem: PEM, _ options: [String]) throws {
    folder = try Folder()
    let certificate = try folder.write("certificate.pem", pem.certificate)
    let key = try folder.write("key.pem", pem.key)
    // The file may hold intermediate CAs behind the certificate.
    let arguments = [
      "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", certificate, "-cert_chain", certificate, "-key", key,
      "-rev",
    ]
    program = try Program(arguments + options)
    let place = try program.line(after: "ACCEPT 127.0.0.1:")
    guard let port = UInt16(place) else { throw TestFailure.failed(place) }
    self.port = port
  }
}

extension TLSVersion {
  /// The option of openssl that allows no other version.
  var option: String { self == .tls12 ? "-tls1_2" : "-tls1_3" }
}

/// A CA and certificates that openssl has made.
struct OpenSSLAuthority {
  let folder: Folder

  /// `algorithm`: the arguments for `-newkey`.
  init(algorithm: [String] = ["rsa:2048"]) throws {
    folder = try Folder()
    try request(
      "ca", algorithm, "/CN=OpenSSL Test CA",
      ["-x509", "-days", "30", "-addext", "keyUsage=critical,keyCertSign"])
  }

  private func request(_ name: String, _ algorithm: [String], _ subject: String, _ more: [String]) throws {
    let program = try Program(
      ["openssl", "req", "-nodes", "-newkey"] + algorithm + [
        "-keyout", "\(folder.path)/\(name).key", "-out", "\(folder.path)/\(name).pem", "-subj", subject,
      ] + more)
    guard try program.wait() == 0 else { throw TestFailure.failed(program.printed) }
  }

  /// Issues a certificate with these lines of extensions (`subjectAltName=DNS:…`).
  func issue(
    _ name: String, _ extensions: String, algorithm: [String] = ["rsa:2048"], hash: String = "-sha256",
    issuer: String = "ca"
  ) throws -> PEM {
    try request(name, algorithm, "/CN=\(name)", [])
    let file = try folder.write("\(name).ext", "\(extensions)\n".bytes)
    try Program.run(
      "openssl", "x509", "-req", "-in", "\(folder.path)/\(name).pem", "-CA", "\(folder.path)/\(issuer).pem", "-CAkey",
      "\(folder.path)/\(issuer).key", "-CAcreateserial", "-days", "30", hash, "-extfile", file, "-out",
      "\(folder.path)/\(name).crt")
    let certificate = try readFile("\(folder.path)/\(name).crt")
    // An issuer has its certificate where `issue` looks for it.
    try writeFile("\(folder.path)/\(name).pem", certificate)
    return PEM(certificate: certificate, key: try readFile("\(folder.path)/\(name).key"))
  }

  func client() throws -> TLSConfiguration {
    var configuration = try TLSConfiguration.client()
    let authority = try readFile("\(folder.path)/ca.pem")
    try configuration.addAuthorities(authority.span)
    return configuration
  }
}
