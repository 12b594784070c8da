import Testing

@testable import WebSocket

/// What a client accepts as a response (RFC 6455, section 4.1, the checks behind "Once the client's opening handshake
/// has been sent"), each whole and byte by byte.
@Suite struct ResponseTests {
  static let good: [String] = [
    "HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
    "Sec-WebSocket-Accept: \(sampleAccept)", "Sec-WebSocket-Protocol: mles-websocket",
  ]

  /// The good response with line `index` replaced.
  private static func with(_ index: Int, _ line: String...) -> [String] {
    Array(good[..<index]) + line + good[(index + 1)...]
  }

  private func check(_ bytes: [UInt8], _ expected: HandshakeResult, _ comment: String) throws {
    #expect(try clientResult([bytes]) == expected, "\(comment)")
    #expect(try clientResult(byteByByte(bytes)) == expected, "\(comment), byte by byte")
  }

  static let acceptedCases: [[String]] = [
    good, with(0, "HTTP/1.1 101"), with(0, "HTTP/1.1 101 "), with(0, "HTTP/1.1 101 Anything é goes"),
    with(1, "upgrade: WebSocket"), with(1, "UPGRADE:websocket"), with(1, "Upgrade: \t websocket \t"),
    with(2, "connection: keep-alive, UPGRADE"), with(2, "Connection: ,, upgrade,"),
    with(2, "Connection: close", "Connection: Upgrade"), with(3, "sec-websocket-accept:\(sampleAccept)  "),
    good + ["date: Sun, 06 Nov 1994 08:49:37 GMT", "X-Empty:"],
    good + ["Sec-WebSocket-Key: not looked at", "Host: neither"],
    // Headers that do not matter may be longer than the memory for a line.
    good + ["X-Long: " + String(repeating: "v", count: 5000), String(repeating: "n", count: 400) + ": v"],
  ]

  @Test("Accepted", arguments: acceptedCases)
  func accepted(lines: [String]) throws {
    try check(head(lines), .complete(rest: []), "\(lines)")
  }

  @Test("bug: what one response had said of its Connection was held against the next")
  func nextResponse() throws {
    var handshake = try ClientHandshake(nonce: sampleNonce, subprotocol: Array("mles-websocket".utf8).span)
    for (lines, error) in [
      (Self.with(2, "Connection: close"), HandshakeError.unexpectedValue(.connection)),
      (Self.with(2), .missing(.connection)),
    ] {
      try handshake.start(nonce: sampleNonce, subprotocol: Array("mles-websocket".utf8).span)
      var position = 0
      let bytes = head(lines)
      var got: HandshakeError?
      do throws(HandshakeError) { _ = try handshake.receive(bytes.span, position: &position) } catch { got = error }
      #expect(got == error)
    }
  }

  @Test("Frames in the same read are left for the frame reader")
  func pipelined() throws {
    let bytes = head(Self.good) + [0x89, 0x00, 0x81]
    #expect(try clientResult([bytes]) == .complete(rest: [0x89, 0x00, 0x81]))
    for split in everySplit(bytes) { #expect(try clientResult(split) == .complete(rest: [0x89, 0x00, 0x81])) }
  }

  static let refusedCases: [([String], HandshakeError)] = [
    (with(0, "HTTP/1.1 200 OK"), .unexpectedStatus(got: 200)),
    (with(0, "HTTP/1.1 301 Moved"), .unexpectedStatus(got: 301)),
    (with(0, "HTTP/1.1 401 Who"), .unexpectedStatus(got: 401)), (with(0, "HTTP/1.1 400"), .unexpectedStatus(got: 400)),
    (with(0, "HTTP/1.1 100 Continue"), .unexpectedStatus(got: 100)),
    (with(0, "HTTP/1.1 999 X"), .unexpectedStatus(got: 999)),
    (with(0, "HTTP/1.1 1010 X"), .malformedStatusLine), (with(0, "HTTP/1.1 10"), .malformedStatusLine),
    (with(0, "HTTP/1.1  101 X"), .malformedStatusLine), (with(0, "HTTP/1.1 1O1 X"), .malformedStatusLine),
    (with(0, "HTTP/1.1 101X"), .malformedStatusLine), (with(0, "HTTP/1.1\t101 X"), .malformedStatusLine),
    (with(0, "HTTP/1.0 101 X"), .unsupportedHTTPVersion), (with(0, "HTTP/2.0 101 X"), .unsupportedHTTPVersion),
    (with(0, "http/1.1 101 X"), .unsupportedHTTPVersion), (with(0, "HTTP/2 101 X"), .malformedStatusLine),
    (with(0, ""), .malformedStatusLine), (with(0, "SSH-2.0-OpenSSH_9.2"), .malformedStatusLine),
    (with(0, " HTTP/1.1 101 X"), .malformedStatusLine), (with(0, "ICY 101 OK really"), .malformedStatusLine),
    (with(1), .missing(.upgrade)), (with(1, "X-Upgrade: websocket"), .missing(.upgrade)),
    (with(1, "Upgrade: websocket2"), .unexpectedValue(.upgrade)),
    (with(1, "Upgrade: websocke"), .unexpectedValue(.upgrade)),
    (with(1, "Upgrade: web socket"), .unexpectedValue(.upgrade)),
    (with(1, "Upgrade:"), .unexpectedValue(.upgrade)),
    (with(1, "Upgrade: \"websocket\""), .unexpectedValue(.upgrade)),
    (with(2), .missing(.connection)), (with(2, "Connection: keep-alive"), .unexpectedValue(.connection)),
    (with(2, "Connection: Upgraded, not-upgrade"), .unexpectedValue(.connection)),
    (with(2, "Connection:"), .unexpectedValue(.connection)),
    (with(3), .missing(.accept)), (with(3, "Sec-WebSocket-Accept:"), .unexpectedValue(.accept)),
    (with(3, "Sec-WebSocket-Accept: \(sampleAccept.dropLast())"), .unexpectedValue(.accept)),
    (with(3, "Sec-WebSocket-Accept: \(sampleAccept)="), .unexpectedValue(.accept)),
    (with(3, "Sec-WebSocket-Accept: \(sampleAccept.lowercased())"), .unexpectedValue(.accept)),
    (with(3, "Sec-WebSocket-Accept: \(sampleAccept), x"), .unexpectedValue(.accept)),
    (with(3, "Sec-WebSocket-Accept: \(sampleKey)"), .unexpectedValue(.accept)),
    (good + [good[3]], .repeated(.accept)),
    (with(4), .missing(.subprotocol)), (with(4, "Sec-WebSocket-Protocol: chat"), .notOffered(.subprotocol)),
    (with(4, "Sec-WebSocket-Protocol: MLES-websocket"), .notOffered(.subprotocol)),
    (with(4, "Sec-WebSocket-Protocol: mles-websocket, chat"), .notOffered(.subprotocol)),
    (with(4, "Sec-WebSocket-Protocol:"), .notOffered(.subprotocol)), (good + [good[4]], .repeated(.subprotocol)),
    (good + ["Sec-WebSocket-Extensions: permessage-deflate"], .notOffered(.extensions)),
    (good + ["sec-websocket-extensions: x"], .notOffered(.extensions)),
  ]

  @Test("Refused, with the reason", arguments: refusedCases)
  func refused(lines: [String], error: HandshakeError) throws {
    try check(head(lines), .failure(error), "\(lines)")
  }

  @Test("Bug: an Upgrade header that is a list, or there twice, was accepted")
  func upgradeIsOneValue() throws {
    try check(head(Self.with(1, "Upgrade: h2c, websocket")), .failure(.unexpectedValue(.upgrade)), "list")
    try check(head(Self.with(1, "Upgrade: websocket,")), .failure(.unexpectedValue(.upgrade)), "list of one")
    try check(head(Self.with(1, "Upgrade: h2c", "Upgrade: websocket")), .failure(.unexpectedValue(.upgrade)), "two")
    try check(head(Self.good + [Self.good[1]]), .failure(.repeated(.upgrade)), "twice")
  }

  @Test("Bug: a Connection header that says something else was told as none")
  func connectionThatSaysSomethingElse() throws {
    try check(head(Self.with(2, "Connection: close")), .failure(.unexpectedValue(.connection)), "close")
    try check(head(Self.with(2, "Connection: close", "Connection: Upgrade")), .complete(rest: []), "in the second")
    try check(head(Self.with(2, "Connection: Upgrade", "Connection: close")), .complete(rest: []), "in the first")
  }

  @Test("A subprotocol when none was offered is refused; none is right then")
  func noSubprotocol() throws {
    #expect(try clientResult([head(Self.good)], subprotocol: "") == .failure(.notOffered(.subprotocol)))
    #expect(try clientResult([head(Self.with(4))], subprotocol: "") == .complete(rest: []))
  }

  @Test("A header that matters and is longer than a line's memory is refused, at 256 bytes")
  func longLines() throws {
    func connection(_ total: Int) -> [UInt8] {
      // Name and value together, without the colon.
      let value = " Upgrade, " + String(repeating: "x", count: total - "Connection".count - " Upgrade, ".count)
      return head(Self.with(2, "Connection:" + value))
    }
    try check(connection(256), .complete(rest: []), "256")
    try check(connection(257), .failure(.lineTooLong(limitBytes: 256)), "257")
    let reason = "HTTP/1.1 101 " + String(repeating: "r", count: 243)
    try check(head(Self.with(0, reason)), .complete(rest: []), "256")
    try check(head(Self.with(0, reason + "r")), .failure(.lineTooLong(limitBytes: 256)), "257")
  }

  @Test("Bug: a long header that only servers look at made the client refuse the response")
  func longHeadersOfServersAreIgnored() throws {
    for name in ["Host", "Sec-WebSocket-Key", "Sec-WebSocket-Version"] {
      try check(head(Self.good + ["\(name): " + String(repeating: "x", count: 300)]), .complete(rest: []), name)
    }
  }

  @Test("Bug: a caller that went on after an error could end with a complete handshake")
  func errorsAreFinal() throws {
    var client = try ClientHandshake(nonce: sampleNonce, subprotocol: Span())
    let bytes = head(["HTTP/1.1 404 Not Found"] + Self.good.dropFirst().dropLast())
    var position = 0
    for _ in 0..<3 {
      #expect(throws: HandshakeError.unexpectedStatus(got: 404)) {
        _ = try client.receive(bytes.span, position: &position)
      }
    }
    #expect(position == "HTTP/1.1 404 Not Found\r\n".utf8.count)
  }

  @Test("An end in the middle names the byte")
  func truncation() throws {
    var client = try ClientHandshake(nonce: sampleNonce, subprotocol: Span())
    let bytes = head(Self.good).prefix(40)
    var position = 0
    #expect(try !client.receive(Array(bytes).span, position: &position))
    #expect(client.truncation == .truncated(atByte: 40))
  }
}
