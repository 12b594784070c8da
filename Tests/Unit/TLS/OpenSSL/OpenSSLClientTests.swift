import Bytes
import HAL
import TLS
import Testing

@Suite("With openssl s_client, this server", .serialized)
struct OpenSSLClientTests {
  let authority: TestAuthority
  let folder: Folder
  let listener: Listener

  init() throws {
    authority = try TestAuthority("Test CA")
    folder = try Folder()
    listener = try Listener()
  }

  /// `openssl s_client` that has to verify this server.
  private func client(_ options: String...) throws -> Program {
    let trusted = try folder.write("ca.pem", authority.pem.certificate)
    return try Program(
      [
        "openssl", "s_client", "-connect", "127.0.0.1:\(listener.port)", "-CAfile", trusted, "-verify_return_error",
        "-x509_strict", "-brief",
      ] + options)
  }

  @Test("passes openssl's strict verification, and says what to the client's ALPN", arguments: versions)
  func verified(version: TLSVersion) throws {
    let configuration = try authority.server("localhost,device.test,127.0.0.1,::1")
    for check in [["-verify_hostname", "device.test"], ["-verify_ip", "127.0.0.1"], ["-verify_ip", "::1"]] {
      let client = try client(version.option, check[0], check[1], "-alpn", "h2,http/1.1", "-servername", "any.name")
      var connection = Connection(try Session(server: configuration), try listener.accept())
      #expect(try connection.shakeHands() == nil)
      #expect(text { connection.session.information.appendApplicationProtocol(to: &$0) } == "http/1.1")
      #expect(connection.session.information.version == version)
      // Its standard input is empty: it closes.
      #expect(try connection.finish() == nil)
      #expect(connection.session.information.isClosedByNotify == true)
      #expect(try client.wait() == 0, "\(client.printed)")
      #expect(client.printed.contains("Verification: OK"))
    }
  }

  @Test("refuses a client that offers only h2", arguments: versions)
  func http2Only(version: TLSVersion) throws {
    let configuration = try authority.server("device.test")
    let client = try client(version.option, "-alpn", "h2")
    var connection = Connection(try Session(server: configuration), try listener.accept())
    #expect(try connection.shakeHands() != nil)
    #expect(try client.wait() != 0)
    #expect(client.printed.contains("alert no application protocol"))
  }

  @Test("serves a client without ALPN", arguments: versions)
  func noProtocol(version: TLSVersion) throws {
    let configuration = try authority.server("device.test")
    let client = try client(version.option)
    var connection = Connection(try Session(server: configuration), try listener.accept())
    #expect(try connection.shakeHands() == nil)
    #expect(try connection.finish() == nil)
    #expect(try client.wait() == 0, "\(client.printed)")
  }

  @Test("refuses TLS 1.1 and old suites")
  func old() throws {
    let configuration = try authority.server("device.test")
    let oldVersion = try client("-tls1_1", "-cipher", "ALL@SECLEVEL=0")
    var first = Connection(try Session(server: configuration), try listener.accept())
    #expect(try first.shakeHands() == .noCommonVersion)
    #expect(try oldVersion.wait() != 0)

    let oldSuite = try client("-tls1_2", "-cipher", "AES128-SHA:ECDHE-ECDSA-AES128-SHA")
    var second = Connection(try Session(server: configuration), try listener.accept())
    #expect(try second.shakeHands() == .noCommonSuite)
    #expect(try oldSuite.wait() != 0)
  }
}
