import Glibc
import Testing

@testable import Simulator

@Suite("Trust of the client commands")
struct ClientTrustTests {
  private static func failure(
    authorityFiles: [String] = [], pins: [String] = [], certificateFile: String? = nil, keyFile: String? = nil
  ) -> String? {
    do throws(RunFailure) {
      _ = try ClientTrust.configuration(
        authorityFiles: authorityFiles, pins: pins, certificateFile: certificateFile, keyFile: keyFile)
      return nil
    } catch {
      return error.description
    }
  }

  /// A file with this text, for as long as `body` runs.
  private static func withFile(_ text: String, _ body: (String) throws -> Void) throws {
    let folder = try TemporaryFolder()
    try folder.write(text, to: "file.pem")
    try body(folder.path + "/file.pem")
  }

  @Test("names an authority file that is not there")
  func missingAuthority() {
    #expect(
      Self.failure(authorityFiles: ["/does/not/exist.pem"])
        == "--ca '/does/not/exist.pem': No such file or directory")
  }

  @Test("refuses an authority file without a certificate")
  func noCertificate() throws {
    try Self.withFile("not a certificate\n") { path in
      #expect(
        Self.failure(authorityFiles: [path])
          == "--ca '\(path)': expected certificates (PEM, or one in DER), found none that can be read")
    }
  }

  @Test("refuses a folder in place of a file")
  func folder() {
    #expect(Self.failure(authorityFiles: ["/"]) == "--ca '/': Is a directory")
  }

  @Test("wants certificate and key together")
  func certificateWithoutKey() throws {
    let expected = "--cert and --key-pem are needed together"
    try Self.withFile(TestCertificate.certificate) { path in
      #expect(Self.failure(authorityFiles: [path], certificateFile: path) == expected)
      #expect(Self.failure(authorityFiles: [path], keyFile: path) == expected)
    }
  }

  @Test("takes an authority, pins and a client certificate with its key")
  func everything() throws {
    try Self.withFile(TestCertificate.certificate) { certificate in
      try Self.withFile(TestCertificate.privateKey) { key in
        #expect(
          Self.failure(
            authorityFiles: [certificate], pins: [PublicKeyPinTests.hexadecimal, PublicKeyPinTests.base64],
            certificateFile: certificate, keyFile: key) == nil)
      }
    }
  }

  @Test("says which key file does not fit")
  func wrongKey() throws {
    try Self.withFile(TestCertificate.certificate) { certificate in
      #expect(
        Self.failure(authorityFiles: [certificate], certificateFile: certificate, keyFile: certificate)
          == "--key-pem '\(certificate)': expected the private key (PEM, without a password) of the certificate in "
          + "'\(certificate)'")
    }
  }

  @Test("refuses a key file that other users can read")
  func exposedKey() throws {
    try Self.withFile(TestCertificate.certificate) { certificate in
      try Self.withFile(TestCertificate.privateKey) { key in
        chmod(key, 0o640)
        let failure = Self.failure(authorityFiles: [certificate], certificateFile: certificate, keyFile: key)
        #expect(failure?.hasPrefix("--key-pem '\(key)': other users can get at it (mode 640)") == true)
      }
    }
  }
}
