/// The help texts, made from the declarations and at most 80 columns wide.
enum HelpText {
  static let width = 80
  private static let optionColumn = 26

  /// `mles-sim relay --help`.
  static func text(for command: Command) -> String {
    var usage = "Usage: mles-sim \(command.name)"
    for operand in command.operands { usage += " \(operand)" }
    for option in command.options where option.isRequired { usage += " \(option.name) \(option.valueName ?? "")" }
    usage += " [OPTION]..."
    var lines = wrapped("mles-sim \(command.name): \(command.summary)", indent: 0) + [""]
    lines += wrapped(usage, indent: 0)
    for note in command.notes { lines += [""] + wrapped(note, indent: 0) }
    for group in command.groups {
      lines += ["", "\(group.title):"]
      for option in group.options { lines += self.lines(for: option) }
      for (name, text) in group.terms { lines += entry(name, text) }
    }
    lines += ["", "Other:"] + entry("--help", "Show this text.")
    return lines.joined(separator: "\n")
  }

  /// `mles-sim --help`.
  static func text(for commands: [Command]) -> String {
    var lines = [
      "mles-sim: Mles v2 nodes on simulated boards, and what they need around them", "",
      "Usage: mles-sim COMMAND [OPTION]...", "", "Commands:",
    ]
    for command in commands { lines += entry(command.name, command.summary) }
    lines += ["", "Other:"]
    lines += entry("--help", "Show this text; behind a command, that command's options.")
    lines += entry("--version", "Show the version.")
    lines += [""]
    lines += wrapped(
      "A time is a number with a unit (500ms, 2s, 1m, 1h); without one, it is in seconds. A size in bytes may end in K, "
        + "M or G. The channel key is never an argument: it comes from MLES_KEY or from the file of --key-file. "
        + "Exit status: 0 done, 1 the run failed, 2 the command line is wrong.",
      indent: 0)
    return lines.joined(separator: "\n")
  }

  private static func lines(for option: OptionDeclaration) -> [String] {
    var help = option.help
    if option.isRepeatable { help += " May be given more than once." }
    if let defaultText = option.defaultText { help += " [\(defaultText)]" }
    return entry(option.name + (option.valueName.map { " \($0)" } ?? ""), help)
  }

  /// `  name    text`, the text in its own column.
  private static func entry(_ name: String, _ text: String) -> [String] {
    var lines = wrapped(text, indent: optionColumn)
    let head = "  \(name)"
    guard head.count + 1 < optionColumn, !lines.isEmpty else { return [head] + lines }
    lines[0] = head + String(repeating: " ", count: optionColumn - head.count) + lines[0].dropFirst(optionColumn)
    return lines
  }

  /// `text` in lines of at most `width` columns, each `indent` to the right.
  static func wrapped(_ text: String, indent: Int) -> [String] {
    let margin = String(repeating: " ", count: indent)
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty && indent + line.count + 1 + word.count > width {
        lines.append(margin + line)
        line = ""
      }
      line += (line.isEmpty ? "" : " ") + word
    }
    if !line.isEmpty { lines.append(margin + line) }
    return lines
  }
}
