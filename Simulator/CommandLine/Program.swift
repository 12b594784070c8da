import Glibc

/// A run that failed: one line for the user, exit status 1.
public struct RunFailure: Error, Equatable, CustomStringConvertible {
  /// What went wrong and, where possible, what to do.
  public var description: String

  /// The failure with this text.
  public init(_ description: String) {
    self.description = description
  }
}

/// The frame around all commands: finds the command, reads its options, and turns errors into one line and an exit
/// status.
public struct Program {
  /// What `--version` shows.
  public static let version = "0.1.0"

  /// A command and what it does. Throws `UsageError` (exit status 2), `RunFailure` or `ConsoleError` (1).
  public struct Entry: Sendable {
    let command: Command
    let run: @Sendable (ParsedArguments, Console) throws -> Void

    /// A command that `run` carries out.
    public init(_ command: Command, run: @escaping @Sendable (ParsedArguments, Console) throws -> Void) {
      self.command = command
      self.run = run
    }
  }

  private let entries: [Entry]

  /// A program with these commands, in the order in which `--help` shows them.
  public init(_ entries: [Entry]) {
    self.entries = entries
  }

  /// Runs what `arguments`, without the program's name, ask for; returns the exit status.
  public func run(_ arguments: [String], console: Console) -> Int32 {
    do {
      try dispatch(arguments, console)
      try console.flush()
      return 0
    } catch let error as UsageError {
      console.note(error.description)
      return 2
    } catch {
      console.endProgress()
      console.note("\(error)")
      return 1
    }
  }

  private func dispatch(_ arguments: [String], _ console: Console) throws {
    guard let first = arguments.first else {
      throw UsageError("expected a command: \(names.joined(separator: ", ")); see 'mles-sim --help'")
    }
    switch first {
    case "--help", "-h", "help": return try console.line(HelpText.text(for: entries.map(\.command)))
    case "--version": return try console.line("mles-sim \(Self.version)")
    default: break
    }
    guard let entry = entries.first(where: { $0.command.name == first }) else {
      let what = first.hasPrefix("-") ? "option" : "command"
      let hint = suggestion(for: first, among: names + ["--help", "--version"])
      throw UsageError("unknown \(what) \(quoted(first))\(hint ?? "; see 'mles-sim --help'")")
    }
    console.name += " \(entry.command.name)"
    switch try entry.command.parse(Array(arguments.dropFirst())) {
    case .help: try console.line(HelpText.text(for: entry.command))
    case .run(let parsed):
      let usesKey = entry.command.options.contains { $0.name == ChannelKey.option.declaration.name }
      if !usesKey { ChannelKey.forget() }
      try entry.run(parsed, console)
    }
  }

  private var names: [String] { entries.map(\.command.name) }
}
