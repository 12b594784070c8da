/// `mles-sim send`.
enum SendOptions {
  static let uid = SharedOptions.uid("send", help: "User name to join as; ASCII.")

  /// The declaration that the parser and the help text use.
  static let command = Command(
    name: "send", summary: "joins a channel and sends each line of standard input as a text message",
    notes: [
      "It ends when standard input has ended and every message is confirmed to have been sent on a joined channel."
    ],
    groups: [
      SharedOptions.serverGroup(SharedOptions.requiredServer),
      .init("Channel", [uid.declaration, SharedOptions.channel.declaration, ChannelKey.option.declaration]),
      .init("Output", [SharedOptions.verbose.declaration]),
    ])
}
