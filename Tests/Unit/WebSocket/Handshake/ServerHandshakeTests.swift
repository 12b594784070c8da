import Bytes
import Testing

@testable import WebSocket

/// What a server accepts as a request (RFC 6455, section 4.2.1), and what it answers.
@Suite struct ServerHandshakeTests {
  static let good: [String] = [
    "GET / HTTP/1.1", "Host: mles.io", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: \(sampleKey)",
    "Sec-WebSocket-Version: 13",
  ]

  private static func with(_ index: Int, _ line: String...) -> [String] {
    Array(good[..<index]) + line + good[(index + 1)...]
  }

  private func check(_ lines: [String], _ expected: HandshakeResult) {
    let bytes = head(lines)
    #expect(serverResult([bytes]) == expected, "\(lines)")
    #expect(serverResult(byteByByte(bytes)) == expected, "\(lines), byte by byte")
  }

  static let acceptedCases: [[String]] = [
    good, with(0, "GET /any/path?with=query HTTP/1.1"), with(0, "GET http://mles.io/ HTTP/1.1"),
    with(1, "host:mles.io:443"), with(2, "Upgrade: WEBSOCKET"), with(2, "Upgrade: h2c, websocket"),
    with(3, "Connection: keep-alive, Upgrade"), with(3, "Connection: keep-alive", "Connection: upgrade"),
    good + ["Origin: https://example.org", "Cookie: " + String(repeating: "c", count: 4000)],
    good + ["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"],
    good + ["Sec-WebSocket-Extensions: " + String(repeating: "x", count: 300)],
    good + ["Sec-WebSocket-Accept: " + String(repeating: "x", count: 300)],
    with(4, "Sec-WebSocket-Key:  \(sampleKey)  "),
  ]

  @Test("Accepted", arguments: acceptedCases)
  func accepted(lines: [String]) { check(lines, .complete(rest: [])) }

  static let refusedCases: [([String], HandshakeError, UInt16)] = [
    (with(0, "POST / HTTP/1.1"), .methodNotAllowed, 405), (with(0, "get / HTTP/1.1"), .methodNotAllowed, 405),
    (with(0, "GETS / HTTP/1.1"), .methodNotAllowed, 405), (with(0, "GET / HTTP/1.0"), .unsupportedHTTPVersion, 505),
    (with(0, "GET / HTTP/2.0"), .unsupportedHTTPVersion, 505),
    (with(0, "GET / HTTP/1.2"), .unsupportedHTTPVersion, 505),
    (with(0, "GET /"), .malformedRequestLine, 400), (with(0, "GET  / HTTP/1.1"), .malformedRequestLine, 400),
    (with(0, "GET / x HTTP/1.1"), .malformedRequestLine, 400), (with(0, "GET / HTTP/1.1 "), .malformedRequestLine, 400),
    (with(0, " GET / HTTP/1.1"), .malformedRequestLine, 400), (with(0, "G@T / HTTP/1.1"), .malformedRequestLine, 400),
    (with(0, "GET  HTTP/1.1"), .malformedRequestLine, 400), (with(0, ""), .malformedRequestLine, 400),
    (with(0, "GET / FTP/1.1"), .malformedRequestLine, 400), (with(0, "GET / HTTP/1.10"), .malformedRequestLine, 400),
    (with(1), .missing(.host), 400), (good + ["Host: other"], .repeated(.host), 400),
    (with(2), .missing(.upgrade), 400), (with(2, "Upgrade: websockets"), .missing(.upgrade), 400),
    (with(3), .missing(.connection), 400), (with(3, "Connection: close"), .missing(.connection), 400),
    (with(4), .missing(.key), 400), (good + [good[4]], .repeated(.key), 400),
    (with(4, "Sec-WebSocket-Key:"), .unexpectedValue(.key), 400),
    (with(4, "Sec-WebSocket-Key: \(sampleKey.dropLast())"), .unexpectedValue(.key), 400),
    (with(4, "Sec-WebSocket-Key: AAAA\(sampleKey)"), .unexpectedValue(.key), 400),
    (with(4, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZS1="), .unexpectedValue(.key), 400),
    (with(4, "Sec-WebSocket-Key: dGhlIHNhbXBs!SBub25jZQ=="), .unexpectedValue(.key), 400),
    (with(4, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=A"), .unexpectedValue(.key), 400),
    (with(5), .missing(.version), 400), (good + [good[5]], .repeated(.version), 400),
    (with(5, "Sec-WebSocket-Version: 8"), .unexpectedValue(.version), 426),
    (with(5, "Sec-WebSocket-Version: 013"), .unexpectedValue(.version), 426),
    (with(5, "Sec-WebSocket-Version: 13, 8"), .unexpectedValue(.version), 426),
    (with(5, "Sec-WebSocket-Version:"), .unexpectedValue(.version), 426),
    (good + ["Sec-WebSocket-Protocol: a b"], .unexpectedValue(.subprotocol), 400),
    (with(0, "GET /\(String(repeating: "p", count: 300)) HTTP/1.1"), .lineTooLong(limitBytes: 256), 431),
    (with(3, "Connection: Upgrade, \(String(repeating: "x", count: 300))"), .lineTooLong(limitBytes: 256), 431),
  ]

  @Test("Refused, with the reason and the status of the answer", arguments: refusedCases)
  func refused(lines: [String], error: HandshakeError, status: UInt16) {
    check(lines, .failure(error))
    #expect(error.refusalStatus == status)
  }

  @Test("Bug: the key of the example in RFC 6455, section 4.1, was refused for bits that mean nothing")
  func keyOfTheRFC() { check(Self.with(4, "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEC=="), .complete(rest: [])) }

  @Test("Bug: an empty Host, and a target with control characters or bytes above ASCII, were accepted")
  func hostAndTargetAreChecked() {
    check(Self.with(1, "Host:"), .failure(.unexpectedValue(.host)))
    check(Self.with(1, "Host: \t "), .failure(.unexpectedValue(.host)))
    check(Self.with(0, "GET /\t HTTP/1.1"), .failure(.malformedRequestLine))
    check(Self.with(0, "GET /é HTTP/1.1"), .failure(.malformedRequestLine))
  }

  @Test("Bug: a caller that went on after an error could end with a complete handshake")
  func errorsAreFinal() {
    var server = ServerHandshake()
    let bytes = head(Self.with(0, "POST / HTTP/1.1"))
    var position = 0
    for _ in 0..<3 {
      #expect(throws: HandshakeError.methodNotAllowed) { _ = try server.receive(bytes.span, position: &position) }
    }
  }

  @Test("Subprotocols are counted over all lists and headers; the first is kept as spelled")
  func subprotocols() throws {
    let longest = String(repeating: "p", count: 64)
    let cases: [([String], Int, String)] = [
      ([], 0, ""), (["mles-websocket"], 1, "mles-websocket"), (["MLES-WebSocket"], 1, "MLES-WebSocket"),
      (["a, b"], 2, "a"), (["b", "a"], 2, "b"), ([" ,, a ,,b,"], 2, "a"), (["a,a"], 2, "a"), ([""], 0, ""),
      ([longest], 1, longest), ([longest + "p"], 1, ""), ([longest + "p", "b"], 2, ""),
    ]
    for (values, count, first) in cases {
      var server = ServerHandshake()
      let bytes = head(Self.good + values.map { "Sec-WebSocket-Protocol: \($0)" })
      var position = 0
      #expect(try server.receive(bytes.span, position: &position))
      let offered = server.subprotocolCount
      #expect(offered == count, "\(values)")
      #expect(text(server.subprotocol) == first, "\(values)")
    }
  }

  @Test("The exact response, with and without a subprotocol")
  func response() throws {
    var server = ServerHandshake()
    let bytes = head(Self.good)
    var position = 0
    #expect(try server.receive(bytes.span, position: &position))
    let start =
      "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
      + "sec-websocket-accept: \(sampleAccept)\r\n"
    #expect(try written { server.writeResponse(subprotocol: Span(), to: &$0) } == start + "\r\n")
    #expect(
      try written { server.writeResponse(subprotocol: Array("chat".utf8).span, to: &$0) }
        == start + "sec-websocket-protocol: chat\r\n\r\n")
    #expect(try written { server.writeResponse(subprotocol: Array("a\r\nx: y".utf8).span, to: &$0) } == start + "\r\n")
  }

  @Test("Refusals say what would have been right, and that the connection ends")
  func refusals() throws {
    let end = "connection: close\r\ncontent-length: 0\r\n\r\n"
    let cases: [(UInt16, String)] = [
      (400, "HTTP/1.1 400 Bad Request\r\n"), (408, "HTTP/1.1 408 Request Timeout\r\n"),
      (431, "HTTP/1.1 431 Request Header Fields Too Large\r\n"), (503, "HTTP/1.1 503 Service Unavailable\r\n"),
      (505, "HTTP/1.1 505 HTTP Version Not Supported\r\n"), (418, "HTTP/1.1 418 Error\r\n"),
    ]
    for (status, start) in cases {
      #expect(try written { ServerHandshake.writeRefusal(status: status, to: &$0) } == start + end)
    }
  }

  @Test("Bug: 405 did not name the method allowed, and 426 did not list upgrade in connection")
  func refusalsWithHeaders() throws {
    let end = "connection: close\r\ncontent-length: 0\r\n\r\n"
    #expect(
      try written { ServerHandshake.writeRefusal(status: 405, to: &$0) }
        == "HTTP/1.1 405 Method Not Allowed\r\nallow: GET\r\n" + end)
    #expect(
      try written { ServerHandshake.writeRefusal(status: 426, to: &$0) }
        == "HTTP/1.1 426 Upgrade Required\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n"
        + end)
  }
}
