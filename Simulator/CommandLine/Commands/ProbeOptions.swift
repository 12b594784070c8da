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
  static let subprotocol = CommandOption<String>.text(
    "--subprotocol", "NAME", default: "mles-websocket", help: "Subprotocol to offer, or none.")
  static let echo = CommandOption<Bool>.flag(
    "--echo", help: "Send every message back until the connection closes, for conformance suites.")
  static let timeout = CommandOption<UInt64>.duration(
    "--timeout", 1...3_600_000, defaultMilliseconds: 10_000, help: "End after this time at the latest.")
  static let messageByteCountMax = CommandOption<Int>.bytes(
    "--max-message", "BYTES", 1...(1 << 30), default: 16 << 20, help: "Largest message taken; a larger one is refused.")
  static let json = CommandOption<Bool>.flag("--json", help: "Print one JSON object instead of text.")

  /// The declaration that the parser and the help text use.
  static let command = Command(
    name: "probe", summary: "connects once and says what happens, step by step", operands: ["URL"],
    notes: [
      "Shows name resolution, TCP, TLS version, suite and certificate or why it was refused, HTTP status, subprotocol, "
        + "messages, closes and timings. A ws:// URL is taken when the address connected to is this computer's own."
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
