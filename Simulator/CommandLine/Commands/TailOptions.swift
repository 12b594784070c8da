/// `mles-sim tail`.
enum TailOptions {
  static let uid = SharedOptions.uid("tail", help: "User name to join as; ASCII.")
  static let json = CommandOption<Bool>.flag("--json", help: "Print one JSON object a message.")
  static let seconds = CommandOption<UInt64?>.duration(
    "--seconds", 1...31_536_000_000, help: "End after this time; without it, at Ctrl-C.")
  static let count = CommandOption<Int?>.integer(
    "--count", "N", 1...1_000_000_000, help: "End after N messages.")

  /// The declaration that the parser and the help text use.
  static let command = Command(
    name: "tail", summary: "joins a channel and prints what arrives: kind, sender where known, text or hex",
    groups: [
      SharedOptions.serverGroup(SharedOptions.requiredServer),
      .init("Channel", [uid.declaration, SharedOptions.channel.declaration, ChannelKey.option.declaration]),
      .init(
        "Output", [json.declaration, seconds.declaration, count.declaration, SharedOptions.verbose.declaration]),
    ])
}
