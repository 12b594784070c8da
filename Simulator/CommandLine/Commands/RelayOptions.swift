/// `mles-sim relay`.
enum RelayOptions {
  static let host = CommandOption<String>.value(
    "--host", "ADDRESS", default: "127.0.0.1", shownAs: "127.0.0.1",
    help: "Address to listen on: IPv4, IPv6 or localhost; 0.0.0.0 or :: for all."
  ) { (text) throws(UsageError) in
    guard text.lowercased() == "localhost" || SocketAddress(literal: text, port: 0) != nil else {
      throw UsageError("expected an IP address or localhost, got \(quoted(text))")
    }
    return text
  }
  static let port = CommandOption<Int>.integer(
    "--port", "PORT", 0...65_535, default: 8443, help: "Port to listen on; 0 for any that is free.")
  static let certificate = CommandOption<String?>.text(
    "--cert", "FILE", help: "Certificate chain (PEM), with --key-pem; without both, a development certificate is made.")
  static let privateKey = CommandOption<String?>.text(
    "--key-pem", "FILE", help: "Private key (PEM) of the certificate.")
  static let state = CommandOption<String?>.text(
    "--state", "DIR",
    help: "Folder for the development authority and certificate. [$XDG_STATE_HOME/mles-sim or ~/.local/state/mles-sim]")
  static let history = CommandOption<Int>.integer(
    "--history", "N", 0...100_000, default: 200, help: "Entries kept a channel, join headers and messages together.")
  static let pingInterval = CommandOption<UInt64>.duration(
    "--ping-interval", 10...3_600_000, defaultMilliseconds: 24_000,
    help: "Time between pings; a silent member is closed after four of them.")
  static let connectionCountMax = CommandOption<Int>.integer(
    "--max-connections", "N", 1...50_000, default: 2000, help: "Connections at a time; more are closed at once.")
  static let queueByteCountMax = CommandOption<Int>.bytes(
    "--queue-limit", "BYTES", 1024...(1 << 30), default: 8 << 20,
    help: "What may wait for one member; one that reads too slowly is dropped instead of stalling the others.")

  /// The declaration that the parser and the help text use.
  static let command = Command(
    name: "relay", summary: "a Mles v2 relay over TLS for development and tests",
    notes: [
      "Behaves like the Mles server, but keeps everything in one process and in memory. Prints 'listening on "
        + "wss://ADDRESS:PORT' once it accepts connections, and ends at Ctrl-C. With a channel key, members must "
        + "authenticate."
    ],
    groups: [
      .init("Listening", [host.declaration, port.declaration]),
      .init("Certificate", [certificate.declaration, privateKey.declaration, state.declaration]),
      .init(
        "Relay",
        [
          ChannelKey.option.declaration, history.declaration, pingInterval.declaration,
          connectionCountMax.declaration, queueByteCountMax.declaration, SharedOptions.verbose.declaration,
        ]),
    ])
}
