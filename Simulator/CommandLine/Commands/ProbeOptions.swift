/// `mles-sim probe`.
enum ProbeOptions {
  static let connect = CommandOption<String?>.value(
    "--connect", "HOST:PORT", default: nil,
    help: "Connect here instead; the URL still says which name the certificate must have."
  ) { (text) throws(UsageError) in
    _ = try ServerURL.hostAndPort(text)
    return text
  }
  static let certificate = CommandOption<String?>.text(
    "--cert", "FILE", help: "Client certificate chain (PEM), with --key-pem.")
  static let privateKey = CommandOption<String?>.text(
    "--key-pem", "FILE", help: "Private key (PEM) of the client certificate.")
  /// What stands for no subprotocol at all.
  static let noSubprotocol = "none"
  static let subprotocol = CommandOption<String>.value(
    "--subprotocol", "NAME", default: "mles-websocket", shownAs: "mles-websocket",
    help: "Subprotocol to offer, or none."
  ) { (text) throws(UsageError) in
    guard (1...64).contains(text.utf8.count), text.utf8.allSatisfy(isTokenByte) else {
      throw UsageError("expected 1 to 64 letters, digits or characters of !#$%&'*+-.^_`|~, got \(quoted(text))")
    }
    return text
  }
  static let echo = CommandOption<Bool>.flag(
    "--echo", help: "Send every message back until the connection closes, for conformance suites.")
  static let timeout = CommandOption<UInt64>.duration(
    "--timeout", 1...3_600_000, defaultMilliseconds: 10_000,
    help: "Close the connection after this time; with --echo, when nothing has come or gone for this time. Before the "
      + "connection is open it is an error, after that the normal end.")
  static let messageByteCountMax = CommandOption<Int>.bytes(
    "--max-message", "BYTES", 1...(1 << 30), default: 16 << 20, help: "Largest message taken; a larger one is refused.")
  static let json = CommandOption<Bool>.flag("--json", help: "Print one JSON object instead of text.")

  /// A character of a token (RFC 9110, section 5.6.2).
  @Sendable private static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }

  /// The declaration that the parser and the help text use.
  static let command = Command(
    name: "probe", summary: "connects once and says what happens, step by step", operands: ["URL"],
    notes: [
      "Shows name resolution, TCP, TLS version, suite and certificate or why it was refused, HTTP status, subprotocol, "
        + "messages, closes and timings. A ws:// URL is taken when the address connected to is this computer's own.",
      "It joins no channel: it sends nothing but the closing handshake, and with --echo what it received. It ends when "
        + "the server closes, at the end of --timeout or at Ctrl-C. Exit status: 0 when the connection was opened and "
        + "nothing went wrong, else 1.",
      "--json: messages are in hexadecimal; only those that fit into \(Quantity.bytesText(ProbeReport.keptByteCountMax)) "
        + "together (with --echo \(Quantity.bytesText(ProbeReport.keptByteCountMaxWhenEchoing))) are in the list. "
        + "close_rcvd and close_sent are null where there was no Close, 1005 for a Close without a code.",
    ],
    groups: [
      .init(
        "Connection",
        [
          connect.declaration, SharedOptions.authorities.declaration, SharedOptions.pins.declaration,
          certificate.declaration, privateKey.declaration, subprotocol.declaration,
        ]),
      .init(
        "Run", [echo.declaration, timeout.declaration, messageByteCountMax.declaration, json.declaration]),
    ])
}
