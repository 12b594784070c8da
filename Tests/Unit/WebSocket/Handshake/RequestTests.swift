import Bytes
import Testing

@testable import WebSocket

/// The request that a client writes (RFC 6455, section 4.1).
@Suite struct RequestTests {
  private func request(
    host: String, port: UInt16 = 443, defaultPort: UInt16 = 443, target: String = "/", subprotocol: String = ""
  ) throws -> String {
    let client = try ClientHandshake(nonce: sampleNonce, subprotocol: Array(subprotocol.utf8).span)
    let (host, target) = (Array(host.utf8), Array(target.utf8))
    return try written { writer in
      try client.writeRequest(
        host: host.span, port: port, defaultPort: defaultPort, target: target.span, to: &writer)
    }
  }

  private func hostLine(_ request: String) -> Substring? {
    request.split(separator: "\r\n").first { $0.hasPrefix("Host:") }
  }

  @Test("The exact bytes, with and without a subprotocol")
  func exact() throws {
    let plain =
      "GET /chat?x=1 HTTP/1.1\r\nHost: mles.io\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      + "Sec-WebSocket-Key: \(sampleKey)\r\nSec-WebSocket-Version: 13\r\n"
    #expect(try request(host: "mles.io", target: "/chat?x=1") == plain + "\r\n")
    #expect(
      try request(host: "mles.io", target: "/chat?x=1", subprotocol: "mles-websocket")
        == plain + "Sec-WebSocket-Protocol: mles-websocket\r\n\r\n")
  }

  @Test("The port is written unless it is the default one")
  func ports() throws {
    #expect(hostLine(try request(host: "a.b", port: 8443)) == "Host: a.b:8443")
    #expect(hostLine(try request(host: "a.b", port: 65_535)) == "Host: a.b:65535")
    #expect(hostLine(try request(host: "a.b", port: 80, defaultPort: 80)) == "Host: a.b")
    #expect(hostLine(try request(host: "a.b", port: 443, defaultPort: 80)) == "Host: a.b:443")
  }

  @Test("An IPv6 address stands in brackets, given with them or not")
  func addresses() throws {
    #expect(hostLine(try request(host: "::1")) == "Host: [::1]")
    #expect(hostLine(try request(host: "[2001:db8::1]", port: 1)) == "Host: [2001:db8::1]:1")
    #expect(hostLine(try request(host: "::ffff:192.0.2.1")) == "Host: [::ffff:192.0.2.1]")
    #expect(hostLine(try request(host: "192.0.2.1")) == "Host: 192.0.2.1")
  }

  @Test(
    "No host, target or subprotocol can add to the request",
    arguments: [
      "", " ", "a b", "a\r\nX: y", "a\n", "a\r", "a\t", "a\0", "a\u{7F}", "é", "a:b\r\n", "[::1]\r\nX: y",
    ])
  func injection(bad: String) {
    #expect(throws: HandshakeError.invalidParameter) { try request(host: bad) }
    #expect(throws: HandshakeError.invalidParameter) { try request(host: "a", target: bad) }
    guard !bad.isEmpty else { return }
    #expect(throws: HandshakeError.invalidParameter) { try request(host: "a", target: "/" + bad + "\n") }
    #expect(throws: HandshakeError.invalidParameter) { try request(host: "a", subprotocol: bad) }
  }

  @Test("Bug: a host with a port or path in it, or a target with a fragment, went into the request")
  func hostAndTargetAreChecked() {
    for host in [
      "a.b/c", "a.b:443", "user@a.b", "a?b", "a#b", "a,b", "[::1", "::1]", "[]", ":", "fe80::1%eth0", "a\"b",
    ] {
      #expect(throws: HandshakeError.invalidParameter) { try request(host: host) }
    }
    for target in ["x", "http://a/", "/#f", "/a#"] {
      #expect(throws: HandshakeError.invalidParameter) { try request(host: "a", target: target) }
    }
  }

  @Test("A subprotocol is a token of at most 64 bytes")
  func subprotocols() throws {
    let longest = String(repeating: "p", count: 64)
    #expect(try request(host: "a", subprotocol: longest).contains("Sec-WebSocket-Protocol: \(longest)\r\n"))
    for bad in [longest + "p", "a,b", "a;b", "a/b", "\"a\"", "(a)"] {
      #expect(throws: HandshakeError.invalidParameter) { try request(host: "a", subprotocol: bad) }
    }
  }

  @Test("Every byte of ASCII is a token character or not, as RFC 9110 lists them")
  func tokens() {
    let tchar = Array("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
    for byte in UInt8.min...UInt8.max { #expect(HTTPToken.isTokenCharacter(byte) == tchar.contains(byte)) }
  }

  @Test("The keys of different nonces differ, and a server accepts the whole request")
  func roundTrip() throws {
    let bytes = Array(try request(host: "mles.io", subprotocol: "mles-websocket").utf8)
    var server = ServerHandshake()
    var position = 0
    #expect(try server.receive(bytes.span, position: &position))
    #expect(position == bytes.count && server.subprotocolCount == 1)
    let response = Array(try written { server.writeResponse(subprotocol: server.subprotocol, to: &$0) }.utf8)
    #expect(try clientResult([response + [0x81, 0x00]]) == .complete(rest: [0x81, 0x00]))
    var other = try ClientHandshake(nonce: InlineArray(repeating: 1), subprotocol: Array("mles-websocket".utf8).span)
    #expect(throws: HandshakeError.unexpectedValue(.accept)) {
      var position = 0
      _ = try other.receive(response.span, position: &position)
    }
  }
}
