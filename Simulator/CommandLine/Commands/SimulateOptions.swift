/// `mles-sim simulate`.
enum SimulateOptions {
  static let seed = CommandOption<UInt64>.value(
    "--seed", "N", default: 1, shownAs: "1", help: "Everything that happens follows from it."
  ) { (text) throws(UsageError) in
    UInt64(try Quantity.integer(text, in: 0...Int.max))
  }
  static let hours = CommandOption<Int>.integer(
    "--hours", "H", 1...1_000_000, default: 50, help: "Virtual hours for each node.")
  static let nodes = CommandOption<Int>.integer("--nodes", "N", 1...100_000, default: 20, help: "Number of nodes.")
  static let faults = CommandOption<WorldFaultProfile>.value(
    "--faults", "PROFILE", default: .mild, shownAs: "mild",
    help: WorldFaultProfile.all.map { "\($0.name): \($0.summary)" }.joined(separator: "; ") + "."
  ) { (text) throws(UsageError) in
    guard let profile = WorldFaultProfile.named(text) else {
      throw UsageError(
        "expected one of \(WorldFaultProfile.all.map(\.name).joined(separator: ", ")), got \(quoted(text))")
    }
    return profile
  }
  static let world = CommandOption<Int?>.integer(
    "--world", "K", 0...1_000_000_000, help: "Run only the world with this number, as a failure names it.")
  static let jobs = CommandOption<Int>.integer(
    "--jobs", "J", 1...256, default: 1, help: "Worlds that run at a time. The results do not depend on it.")
  static let forever = CommandOption<Bool>.flag(
    "--forever", help: "Go on with further worlds until Ctrl-C.")
  static let trace = CommandOption<String?>.text(
    "--trace", "FILE", help: "Write everything that happens in the world of --world to FILE, a line each.")
  static let report = CommandOption<String?>.choice(
    "--report", ["json"], help: "Make the last line of standard output one JSON object.")

  /// The declaration that the parser and the help text use.
  static let command = Command(
    name: "simulate", summary: "whole channels on a virtual clock, with faults, checked",
    notes: [
      "Nodes with the boards' own code, subscribers, a model of the server and a network in which things go wrong, on a "
        + "virtual clock: hours take milliseconds, and the same seed gives the same run. Checkers look whether every "
        + "reading arrives once, in order, or is counted as dropped.",
      "A run is cut into worlds of up to \(WorldPlan.nodesPerWorld) nodes and \(WorldPlan.hoursPerWorld) hours. What "
        + "breaks a rule is shown with the trace before it and the command that shows it again.",
    ],
    groups: [
      .init(
        "World", [seed.declaration, hours.declaration, nodes.declaration, faults.declaration, world.declaration]),
      .init("Run", [jobs.declaration, forever.declaration, trace.declaration, report.declaration]),
    ])
}
