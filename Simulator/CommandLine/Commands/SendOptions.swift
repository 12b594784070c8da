/// `mles-sim send`.
enum SendOptions {
  static let uid = SharedOptions.uid("send", help: "User name to join as; ASCII.")

  /// The declaration that the parser and the help text use.
  static let command = Command(
    name: "send", summary: "joins a channel and sends each line of standard input as a text message",
    notes: [
      "It ends when standard input has ended and the server is known to have read every line; without lines, at once. "
        + "When a connection dies, the lines that may not have arrived are sent again: each arrives at least once. A line "
        + "that cannot be sent ends the input; what was before it is sent."
    ],
    groups: [
      SharedOptions.serverGroup(SharedOptions.requiredServer),
      .init("Channel", [uid.declaration, SharedOptions.channel.declaration, ChannelKey.option.declaration]),
      .init("Output", [SharedOptions.verbose.declaration]),
    ])
}
