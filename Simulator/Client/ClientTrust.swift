import Bytes
import Glibc
public import TLS

/// Whom a client command trusts: the system's certificate authorities, those of `--ca`, and of their servers only the
/// ones with a key of `--pin`, if there are any. Nothing here switches a check off.
public enum ClientTrust {
  /// The variable that names another file than the system's (as in OpenSSL).
  public static let systemVariable = "SSL_CERT_FILE"
  /// Where distributions keep the authorities: Debian and Ubuntu, Fedora, SUSE.
  public static let systemFiles = [
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
  ]
  /// The largest file of certificates that is read, in bytes.
  public static let fileByteCountMax = 8 << 20
  /// The largest file of a private key, in bytes; RSA of 16,384 bits takes a fifth of it.
  public static let keyByteCountMax = 65_536

  /// The configuration of a client's TLS sessions. `certificateFile` and `keyFile` are what the client shows to a server
  /// that asks for it, both or neither. Errors name the option and the file, and say what to do.
  public static func configuration(
    authorityFiles: [String], pins: [String], certificateFile: String? = nil, keyFile: String? = nil
  ) throws(RunFailure) -> TLSConfiguration {
    var configuration: TLSConfiguration
    do throws(TLSError) {
      configuration = try .client()
    } catch {
      throw RunFailure("TLS: \(words(error))")
    }
    try addSystemAuthorities(to: &configuration, isRequired: authorityFiles.isEmpty)
    for file in authorityFiles {
      try addAuthorities(of: file, named: "--ca \(quoted(file))", to: &configuration)
    }
    try add(pins, to: &configuration)
    try setCertificate(certificateFile, keyFile, in: &configuration)
    return configuration
  }

  // MARK: Authorities

  private static func addSystemAuthorities(
    to configuration: inout TLSConfiguration, isRequired: Bool
  ) throws(RunFailure) {
    if let value = getenv(systemVariable), value.pointee != 0 {
      let file = String(cString: value)
      return try addAuthorities(of: file, named: "\(systemVariable)=\(quoted(file))", to: &configuration)
    }
    if let file = systemFiles.first(where: { access($0, R_OK) == 0 }) {
      return try addAuthorities(of: file, named: file, to: &configuration)
    }
    guard !isRequired else {
      throw RunFailure(
        "no certificate authorities in \(systemFiles[0]): install the package ca-certificates, or name one with --ca")
    }
  }

  private static func addAuthorities(
    of file: String, named name: String, to configuration: inout TLSConfiguration
  ) throws(RunFailure) {
    let contents = try read(file, named: name)
    do throws(TLSError) {
      try configuration.addAuthorities(contents.span)
    } catch .invalidAuthority {
      throw RunFailure("\(name): expected certificates (PEM, or one in DER), found none that can be read")
    } catch {
      throw RunFailure("\(name): \(words(error))")
    }
  }

  // MARK: Pins

  private static func add(_ pins: [String], to configuration: inout TLSConfiguration) throws(RunFailure) {
    for pin in pins {
      let hash: [UInt8]
      do throws(UsageError) { hash = try PublicKeyPin.bytes(pin) } catch { throw RunFailure("--pin: \(error)") }
      do throws(TLSError) {
        try configuration.addPin(hash.span)
      } catch {
        throw RunFailure("--pin \(quoted(pin)): \(words(error))")
      }
    }
  }

  // MARK: This side's certificate

  private static func setCertificate(
    _ certificateFile: String?, _ keyFile: String?, in configuration: inout TLSConfiguration
  ) throws(RunFailure) {
    guard certificateFile != nil || keyFile != nil else { return }
    guard let certificateFile, let keyFile else {
      throw RunFailure("--cert and --key-pem are needed together")
    }
    let (certificateName, keyName) = ("--cert \(quoted(certificateFile))", "--key-pem \(quoted(keyFile))")
    let chain = try read(certificateFile, named: certificateName)
    let key: Secret
    switch readSecret(at: keyFile, byteCountMax: keyByteCountMax) {
    case .success(let contents): key = contents
    case .failure(let error): throw RunFailure("\(keyName): \(error)")
    }
    do throws(TLSError) {
      try key.withBytes { (key) throws(TLSError) in
        try configuration.setCertificate(chain: chain.span, privateKey: key)
      }
    } catch .invalidCertificate {
      throw RunFailure("\(certificateName): expected a certificate chain (PEM), found none that can be read")
    } catch .invalidKey {
      throw RunFailure(
        "\(keyName): expected the private key (PEM, without a password) of the certificate in \(quoted(certificateFile))"
      )
    } catch {
      throw RunFailure("\(certificateName): \(words(error))")
    }
  }

  // MARK: Helpers

  private static func read(_ file: String, named name: String) throws(RunFailure) -> [UInt8] {
    switch readFile(at: file, byteCountMax: fileByteCountMax) {
    case .success(let contents): return contents
    case .failure(let error) where error.code == EFBIG:
      throw RunFailure("\(name): expected at most \(Quantity.bytesText(fileByteCountMax)) bytes")
    case .failure(let error): throw RunFailure("\(name): \(error)")
    }
  }

  private static func words(_ error: TLSError) -> String {
    describing(error.describe(to:))
  }
}
