import Testing

@testable import Simulator

@Suite("A probe of the relay over TLS")
struct ProbeTLSTests {
  /// Probes `host` at the relay's address, trusting the relay's authority or another one.
  private static func probe(_ host: String, isTrusted: Bool = true) throws -> (report: ProbeReport, text: String) {
    let (folder, other) = (try TemporaryFolder(), try TemporaryFolder())
    let made = try DevelopmentCertificate.load(state: folder.path + "/state", host: "127.0.0.1") { _ in }
    let stranger = try DevelopmentCertificate.load(state: other.path + "/state", host: "127.0.0.1") { _ in }
    let certificate = try RelayCertificate(chain: made.chain, privateKey: made.privateKey)
    let harness = try ServerHarness(certificate: certificate)
    var settings = Probe.Settings(url: try ServerURL("wss://\(host)/"))
    settings.target = ("127.0.0.1", harness.server.address.port)
    settings.timeoutMilliseconds = 1000
    settings.closingMilliseconds = 100
    let authority = isTrusted ? made.authority : stranger.authority
    return try ProbeRun.run(settings, in: harness.loop, authority: authority)
  }

  @Test("shows version, suite and key, opens, and joins nothing")
  func opened() throws {
    let (report, text) = try Self.probe("localhost")
    #expect(report.isSuccess)
    #expect(["TLSv1.2", "TLSv1.3"].contains(report.tls))
    #expect(report.subprotocol == "mles-websocket")
    #expect(report.messageCount == 0)
    #expect(report.closeSent == 1000)
    #expect(text.contains("ALPN http/1.1"))
    #expect(text.contains("certificate is good for localhost; its key's SHA-256 (--pin) is "))
  }

  @Test("says in words why a certificate is refused", arguments: [true, false])
  func refused(isTrusted: Bool) throws {
    let (report, text) = try Self.probe(isTrusted ? "example.org" : "localhost", isTrusted: isTrusted)
    #expect(!report.isOpened)
    #expect(report.tls == nil)
    let words = isTrusted ? "not for \"example.org\"" : "was not issued by a trusted CA"
    #expect(report.error?.contains(words) == true)
    #expect(!text.contains("GET /"), "nothing is sent to a server that is not the right one")
  }
}
