import Testing

@testable import Simulator

@Suite struct ServerURLTests {
  @Test(
    arguments: [
      ("wss://mles.io", "mles.io", 443, "/"), ("wss://mles.io/", "mles.io", 443, "/"),
      ("wss://localhost:8443", "localhost", 8443, "/"), ("WSS://Example.ORG:1/a/b", "Example.ORG", 1, "/a/b"),
      ("wss://[::1]:8443/x", "::1", 8443, "/x"), ("wss://[2001:db8::1]", "2001:db8::1", 443, "/"),
      ("wss://h/a%20b?c=%2F&d", "h", 443, "/a%20b?c=%2F&d"), ("wss://h?q", "h", 443, "/?q"),
      ("wss://127.0.0.1:65535", "127.0.0.1", 65535, "/"), ("wss://h/a:b@c", "h", 443, "/a:b@c"),
    ] as [(String, String, UInt16, String)])
  func theParts(text: String, host: String, port: UInt16, path: String) throws {
    let url = try ServerURL(text)
    #expect(url.isSecure)
    #expect(url.host == host)
    #expect(url.port == port)
    #expect(url.path == path)
  }

  @Test(
    arguments: [
      ("", "expected wss://host[:port][/path], got ''"),
      ("mles.io", "expected wss://host[:port][/path], got 'mles.io'"),
      ("https://h", "expected wss://host[:port][/path], got the scheme 'https'"),
      ("ws://h", "ws:// sends everything in the clear; expected wss://host[:port][/path], got 'ws://h'"),
      ("wss://", "the host is missing in 'wss://'"), ("wss:///path", "the host is missing in 'wss:///path'"),
      ("wss://:443", "the host is missing in 'wss://:443'"),
      ("wss://h:", "expected a port from 1 to 65535, got ''"),
      ("wss://h:0", "expected a port from 1 to 65535, got '0'"),
      ("wss://h:65536", "expected a port from 1 to 65535, got '65536'"),
      ("wss://h:+1", "expected a port from 1 to 65535, got '+1'"),
      ("wss://user:pw@h", "a server URL has no user name or password ('@'), got 'wss://user:pw@h'"),
      ("wss://h/#top", "a server URL has no fragment ('#'), got 'wss://h/#top'"),
      ("wss://::1", "an IPv6 address needs brackets, got 'wss://::1'"),
      ("wss://[::1", "an IPv6 address ends with ']', got 'wss://[::1'"),
      ("wss://[h]", "expected an IPv6 address in the brackets, got 'h'"),
      ("wss://[127.0.0.1]", "expected an IPv6 address in the brackets, got '127.0.0.1'"),
      ("wss://[::1]8443", "expected ':' and a port behind ']', got '8443'"),
      ("wss://a b", "expected a URL in printable ASCII (a host name as xn--…), got 'wss://a b'"),
      ("wss://m\u{FC}ller.de", "expected a URL in printable ASCII (a host name as xn--…), got 'wss://m\u{FC}ller.de'"),
      ("wss://a%2eb", "expected a host name of letters, digits, '-' and '.', got 'a%2eb'"),
    ])
  func errorsArePrecise(text: String, expected: String) {
    #expect(throws: UsageError(expected)) { try ServerURL(text) }
  }

  @Test func lengthsAreLimited() {
    #expect(throws: UsageError.self) { try ServerURL("wss://" + String(repeating: "a", count: 254)) }
    #expect(throws: Never.self) { try ServerURL("wss://" + String(repeating: "a", count: 253)) }
    #expect(throws: UsageError.self) { try ServerURL("wss://h/" + String(repeating: "a", count: 2048)) }
  }

  @Test func wsIsTakenOnlyWhereItIsAllowed() throws {
    let url = try ServerURL("ws://127.0.0.1:9001/getCaseCount", allowsInsecure: true)
    #expect(!url.isSecure)
    #expect(try ServerURL("ws://h", allowsInsecure: true).port == 80)
    #expect(try ServerURL("wss://h", allowsInsecure: true).isSecure)
  }

  @Test(arguments: ["wss://h/", "wss://[::1]:8443/x?y", "ws://h:81/"])
  func itIsWrittenAsItWasRead(text: String) throws {
    #expect(try ServerURL(text, allowsInsecure: true).description == text)
  }

  @Test func hostAndPortBelongTogether() throws {
    #expect(try ServerURL.hostAndPort("127.0.0.1:80") == ("127.0.0.1", 80))
    #expect(try ServerURL.hostAndPort("[::1]:80") == ("::1", 80))
    for text in ["h", "::1:80", ":80", "h:x", "[::1]", ""] {
      #expect(throws: UsageError.self, "\(text)") { try ServerURL.hostAndPort(text) }
    }
  }
}
