/// Options that several commands have in common, declared once.
enum SharedOptions {
  /// The longest user and channel names taken, in bytes.
  static let nameByteCountMax = 64

  static let server = CommandOption<ServerURL?>.value(
    "--server", "URL", default: nil, help: "Mles server, wss://host[:port][/path].", convert: url)
  static let requiredServer = CommandOption<ServerURL?>.value(
    "--server", "URL", default: nil, isRequired: true, help: "Mles server, wss://host[:port][/path].", convert: url)

  static let authorities = CommandOption<[String]>.list(
    "--ca", "FILE", help: "Certificate authority (PEM or DER) to trust besides the system's.")
  static let pins = CommandOption<[String]>.list(
    "--pin", "SHA256", countMax: PublicKeyPin.countMax,
    help: "SHA-256 of the server's public key (SubjectPublicKeyInfo), 64 hexadecimal digits or sha256//BASE64; checked "
      + "in addition to the certificate. Up to \(PublicKeyPin.countMax) times: one of them must fit."
  ) { (text) throws(UsageError) in _ = try PublicKeyPin.bytes(text) }
  static let channel = CommandOption<String>.value(
    "--channel", "NAME", default: "example", shownAs: "example", help: "Channel to join; ASCII.", convert: name)
  static let verbose = CommandOption<Bool>.flag("--verbose", help: "Say what happens on each connection.")

  /// `--uid` with the command's own default.
  static func uid(_ defaultName: String, help: String) -> CommandOption<String> {
    .value("--uid", "NAME", default: defaultName, shownAs: defaultName, help: help, convert: name)
  }

  /// How to reach and trust the server.
  static func serverGroup(_ server: CommandOption<ServerURL?>) -> Command.Group {
    .init("Server", [server.declaration, authorities.declaration, pins.declaration])
  }

  @Sendable private static func url(_ text: String) throws(UsageError) -> ServerURL? { try ServerURL(text) }

  /// A user or channel name as the server takes it: ASCII, not empty. Control characters are refused here already.
  @Sendable private static func name(_ text: String) throws(UsageError) -> String {
    guard (1...nameByteCountMax).contains(text.utf8.count), text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
      throw UsageError("expected 1 to \(nameByteCountMax) printable ASCII characters, got \(quoted(text))")
    }
    return text
  }
}
