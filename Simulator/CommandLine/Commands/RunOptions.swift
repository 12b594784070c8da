/// `mles-sim run`.
enum RunOptions {
  static let boards = CommandOption<Int>.integer(
    "--boards", "N", 1...1000, default: 1, help: "Number of boards, each with a connection of its own.")
  static let sensor = CommandOption<String>.text(
    "--sensor", "SOURCE", default: "model",
    help: "What the simulated SHTC3 measures: model (a daily curve), csv:FILE (replay), host (this computer's own "
      + "thermal sensors), stdin (a number a line).")
  static let interval = CommandOption<UInt64>.duration(
    "--interval", 1...86_400_000, defaultMilliseconds: 1000,
    help:
      "Time between two readings of a board. Below 20ms the simulated sensor answers at once; a real one takes 16 ms.")
  static let uid = SharedOptions.uid(
    "board", help: "User name of the board; ASCII. With several boards, a number is added to each.")
  static let seconds = CommandOption<UInt64?>.duration(
    "--seconds", 1...31_536_000_000, help: "End after this time; without it, at Ctrl-C.")
  static let count = CommandOption<Int?>.integer(
    "--count", "N", 1...1_000_000_000,
    help: "End when each board has published N readings and they are sent, however long the server takes.")
  static let seed = CommandOption<UInt64>.value(
    "--seed", "N", default: 1, shownAs: "1",
    help: "Seed of the model's weather and of the faults; each board has its own."
  ) { (text) throws(UsageError) in
    UInt64(try Quantity.integer(text, in: 0...Int.max))
  }
  static let faults = CommandOption<FaultProfile?>.value(
    "--faults", "LIST", default: nil,
    help:
      "What goes wrong between boards and server, such as 'latency=80±40ms loss=2% reset=1/min cut=1/5min'. With the "
      + "same --seed, resets and cuts come at the same times of the run. LIST has any of these:"
  ) { (text) throws(UsageError) in
    try FaultProfile(text)
  }
  static let ghost = CommandOption<String?>.choice(
    "--ghost", ["wait", "respell"],
    help:
      "What to do while the server still holds an earlier connection of the board: wait, trying every 3 s (default), "
      + "or respell, joining at once under another spelling of the authentication value.")
  static let report = CommandOption<String?>.choice(
    "--report", ["json"], help: "Make the last line of standard output one JSON object.")

  /// The declaration that the parser and the help text use.
  static let command = Command(
    name: "run", summary: "simulated boards that publish readings to a channel",
    notes: [
      "Without --server it starts a local relay and a subscriber, and prints what arrives. It ends with a summary, at "
        + "Ctrl-C as well."
    ],
    groups: [
      .init("Boards", [boards.declaration, sensor.declaration, interval.declaration, seed.declaration]),
      SharedOptions.serverGroup(SharedOptions.server),
      .init("Network", [faults.declaration], terms: FaultProfile.help),
      .init(
        "Channel",
        [uid.declaration, SharedOptions.channel.declaration, ChannelKey.option.declaration, ghost.declaration]),
      .init(
        "Run",
        [
          seconds.declaration, count.declaration, report.declaration, RelayOptions.state.declaration,
          SharedOptions.verbose.declaration,
        ]),
    ])
}
