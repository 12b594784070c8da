import Glibc
import TLS

/// A certificate and key in PEM, made during the test run.
struct PEM {
  var certificate: [UInt8]
  var key: [UInt8]

  init(certificate: [UInt8], key: [UInt8]) {
    self.certificate = certificate
    self.key = key
  }

  init(_ made: borrowing DevelopmentCertificate) {
    certificate = made.certificate.array
    key = made.privateKey.array
  }
}

extension Span<UInt8> {
  var array: [UInt8] { indices.map { self[$0] } }
}

let day: Int64 = 86400
let now = Int64(time(nil))

/// A CA of the test run's own, which issues what a test asks for.
struct TestAuthority {
  let pem: PEM

  init(_ name: String, from: Int64 = now - day, to: Int64 = now + 365 * day) throws {
    pem = PEM(
      try DevelopmentCertificate.authority(name: name.bytes.span, validFromSeconds: from, validToSeconds: to))
  }

  func issue(_ names: String, from: Int64 = now - day, to: Int64 = now + 90 * day) throws -> PEM {
    let authority = try DevelopmentCertificate(certificate: pem.certificate.span, privateKey: pem.key.span)
    return PEM(try authority.issue(names: names.bytes.span, validFromSeconds: from, validToSeconds: to))
  }

  func server(_ names: String, from: Int64 = now - day, to: Int64 = now + 90 * day) throws -> TLSConfiguration {
    try .server(try issue(names, from: from, to: to))
  }

  /// A client that trusts this CA.
  func client() throws -> TLSConfiguration {
    var configuration = try TLSConfiguration.client()
    try configuration.addAuthorities(pem.certificate.span)
    return configuration
  }
}

extension TLSConfiguration {
  static func server(_ pem: PEM) throws -> TLSConfiguration {
    try .server(certificateChain: pem.certificate.span, privateKey: pem.key.span)
  }
}

func selfSigned(_ names: String) throws -> PEM {
  PEM(
    try DevelopmentCertificate.selfSigned(
      names: names.bytes.span, validFromSeconds: now - day, validToSeconds: now + day))
}

/// The TLS versions that the library can do.
let versions: [TLSVersion] = TLSConfiguration.supportsTLS13 ? [.tls12, .tls13] : [.tls12]
