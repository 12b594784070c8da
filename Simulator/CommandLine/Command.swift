/// One subcommand: what it is called, what it takes, what the help text says.
public struct Command: Sendable {
  /// Options that belong together in the help text.
  public struct Group: Sendable {
    /// The line above them.
    public let title: String
    /// The options, in the order in which they are shown.
    public let options: [OptionDeclaration]
    /// What the values of these options are made of, and what each means.
    public let terms: KeyValuePairs<String, String>

    /// A group with this title.
    public init(_ title: String, _ options: [OptionDeclaration], terms: KeyValuePairs<String, String> = [:]) {
      self.title = title
      self.options = options
      self.terms = terms
    }
  }

  /// `relay`, as in `mles-sim relay`.
  public let name: String
  /// What it does, in a line.
  public let summary: String
  /// What it takes besides options, all of it required: `URL`.
  public let operands: [String]
  /// What there is to know beyond the options; one paragraph each.
  public let notes: [String]
  /// All options.
  public let groups: [Group]

  /// A command; `--help` is added by itself.
  public init(name: String, summary: String, operands: [String] = [], notes: [String] = [], groups: [Group]) {
    self.name = name
    self.summary = summary
    self.operands = operands
    self.notes = notes
    self.groups = groups
  }

  var options: [OptionDeclaration] { groups.flatMap(\.options) }
}

/// What a command line said.
public struct ParsedArguments: Sendable {
  private var values: [String: any Sendable] = [:]
  /// What was given besides options, as many as the command's `operands`.
  public fileprivate(set) var operands: [String] = []

  /// Nothing given: every option has its default.
  public init() {}

  /// The value of an option, its default when it was not given.
  public subscript<Value: Sendable>(_ option: CommandOption<Value>) -> Value {
    values[option.declaration.name] as? Value ?? option.defaultValue
  }

  /// Whether an option was given at all.
  public func isGiven<Value: Sendable>(_ option: CommandOption<Value>) -> Bool {
    values[option.declaration.name] != nil
  }

  fileprivate func isGiven(_ declaration: OptionDeclaration) -> Bool { values[declaration.name] != nil }

  fileprivate mutating func add(_ text: String, for option: OptionDeclaration) throws(UsageError) {
    let before = values[option.name]
    guard before == nil || option.isRepeatable else { throw UsageError("\(option.name) is given more than once") }
    do {
      values[option.name] = try option.accept(text, before)
    } catch {
      throw UsageError("\(option.name): \(error.description)")
    }
  }
}

extension Command {
  /// What a command line asks of a command.
  public enum Request: Sendable {
    case help
    case run(ParsedArguments)
  }

  /// Reads the arguments behind the command's name. Long options only: `--name value`, `--name=value`, `--flag`; `--`
  /// ends the options; `-h` and `--help` anywhere ask for help.
  public func parse(_ arguments: [String]) throws(UsageError) -> Request {
    if arguments.prefix(while: { $0 != "--" }).contains(where: { $0 == "--help" || $0 == "-h" }) { return .help }
    var result = ParsedArguments()
    var rest = arguments[...]
    var takesOptions = true
    while let argument = rest.popFirst() {
      if takesOptions && argument == "--" {
        takesOptions = false
      } else if takesOptions && argument.hasPrefix("-") && argument != "-" {
        try parseOption(argument, &rest, into: &result)
      } else if result.operands.count < operands.count {
        result.operands.append(argument)
      } else {
        throw UsageError("unexpected argument \(quoted(argument))\(seeHelp)")
      }
    }
    if result.operands.count < operands.count {
      throw UsageError("\(operands[result.operands.count]) is missing\(seeHelp)")
    }
    for option in options where option.isRequired && !result.isGiven(option) {
      throw UsageError("\(option.name) \(option.valueName ?? "") is required\(seeHelp)")
    }
    return .run(result)
  }

  private func parseOption(
    _ argument: String, _ rest: inout ArraySlice<String>, into result: inout ParsedArguments
  ) throws(UsageError) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let name = parts[0]
    let attached = parts.count > 1 ? parts[1] : nil
    guard let option = options.first(where: { $0.name == name }) else {
      throw UsageError("unknown option \(quoted(name))\(suggestion(for: name, among: options.map(\.name)) ?? seeHelp)")
    }
    guard let valueName = option.valueName else {
      if let attached { throw UsageError("\(name) takes no value, got \(quoted(attached))") }
      return try result.add("", for: option)
    }
    if let attached { return try result.add(attached, for: option) }
    guard let value = rest.first, !value.hasPrefix("--") else {
      let what = rest.first.map { "got \(quoted($0))" } ?? "got nothing"
      throw UsageError("\(name) needs a value (\(valueName)), \(what)")
    }
    rest.removeFirst()
    try result.add(value, for: option)
  }

  private var seeHelp: String { "; see 'mles-sim \(name) --help'" }
}

/// `; did you mean --port?` for what is close enough to one of `names`, or nil.
func suggestion(for name: String, among names: [String]) -> String? {
  let ranked = names.map { (name: $0, distance: editDistance(name, $0)) }.min { $0.distance < $1.distance }
  if let ranked, ranked.distance <= max(1, min(3, ranked.name.count / 3)) { return "; did you mean \(ranked.name)?" }
  let longer = names.filter { name.count > 3 && $0.hasPrefix(name) }
  return longer.count == 1 ? "; did you mean \(longer[0])?" : nil
}

/// The number of insertions, deletions, substitutions and swaps of neighbours between two short words (optimal string
/// alignment).
private func editDistance(_ left: String, _ right: String) -> Int {
  let (left, right) = (Array(left.utf8.prefix(40)), Array(right.utf8.prefix(40)))
  var rows = [Array(0...right.count)]
  for i in left.indices {
    var row = [i + 1]
    for j in right.indices {
      var distance = min(rows[i][j] + (left[i] == right[j] ? 0 : 1), rows[i][j + 1] + 1, row[j] + 1)
      if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
        distance = min(distance, rows[i - 1][j - 1] + 1)
      }
      row.append(distance)
    }
    rows.append(row)
  }
  return rows[left.count][right.count]
}
