/// The command line asks for something that does not exist or cannot be: one line for the user, exit status 2.
public struct UsageError: Error, Equatable, CustomStringConvertible {
  /// What was expected and what came.
  public var description: String

  /// The error with this text.
  public init(_ description: String) {
    self.description = description
  }
}

/// One option of a command and the type of its value. Declared once: the parser, the help text and the command that
/// reads the value all use the same declaration.
public struct CommandOption<Value: Sendable>: Sendable {
  /// What the parser and the help text need.
  public let declaration: OptionDeclaration
  /// The value when the option is not given.
  public let defaultValue: Value

  init(_ declaration: OptionDeclaration, defaultValue: Value) {
    self.declaration = declaration
    self.defaultValue = defaultValue
  }
}

/// An option without the type of its value.
public struct OptionDeclaration: Sendable {
  /// With both hyphens: `--port`.
  public let name: String
  /// What stands for the value in the help text, or nil for a flag.
  public let valueName: String?
  /// What the option does, in a sentence or two.
  public let help: String
  /// The default as the help text shows it, or nil.
  public let defaultText: String?
  /// Whether it may be given more than once.
  public let isRepeatable: Bool
  /// Whether the command cannot do without it.
  public let isRequired: Bool
  /// Adds a value that was given to those given before (nil: none before).
  let accept: @Sendable (_ text: String, _ before: (any Sendable)?) throws(UsageError) -> any Sendable

  /// The declaration with another name for its value.
  init(
    name: String, valueName: String?, help: String, defaultText: String? = nil, isRepeatable: Bool = false,
    isRequired: Bool = false,
    accept: @escaping @Sendable (_ text: String, _ before: (any Sendable)?) throws(UsageError) -> any Sendable
  ) {
    self.name = name
    self.valueName = valueName
    self.help = help
    self.defaultText = defaultText
    self.isRepeatable = isRepeatable
    self.isRequired = isRequired
    self.accept = accept
  }
}

extension CommandOption {
  /// An option whose value `convert` reads; its error says what was expected.
  public static func value(
    _ name: String, _ valueName: String, default defaultValue: Value, shownAs defaultText: String? = nil,
    isRequired: Bool = false, help: String, convert: @escaping @Sendable (String) throws(UsageError) -> Value
  ) -> CommandOption<Value> {
    let declaration = OptionDeclaration(
      name: name, valueName: valueName, help: help, defaultText: defaultText, isRequired: isRequired
    ) { (text, _) throws(UsageError) in try convert(text) }
    return CommandOption(declaration, defaultValue: defaultValue)
  }
}

extension CommandOption where Value == Bool {
  /// An option without a value.
  public static func flag(_ name: String, help: String) -> CommandOption<Bool> {
    CommandOption(
      OptionDeclaration(name: name, valueName: nil, help: help) { (_, _) throws(UsageError) in true },
      defaultValue: false)
  }
}

extension CommandOption where Value == String {
  /// Any text but the empty one.
  public static func text(
    _ name: String, _ valueName: String, default defaultValue: String, help: String
  ) -> CommandOption<String> {
    .value(name, valueName, default: defaultValue, shownAs: defaultValue, help: help, convert: nonEmpty)
  }
}

extension CommandOption where Value == String? {
  /// Any text but the empty one, or nil when the option is not given.
  public static func text(
    _ name: String, _ valueName: String, isRequired: Bool = false, help: String
  ) -> CommandOption<String?> {
    .value(name, valueName, default: nil, isRequired: isRequired, help: help) { (text) throws(UsageError) in
      try nonEmpty(text)
    }
  }

  /// One of a few words, or nil when the option is not given.
  public static func choice(_ name: String, _ choices: [String], help: String) -> CommandOption<String?> {
    let list = choices.joined(separator: " or ")
    return .value(name, choices.joined(separator: "|"), default: nil, help: help) { (text) throws(UsageError) in
      guard choices.contains(text) else { throw UsageError("expected \(list), got \(quoted(text))") }
      return text
    }
  }
}

extension CommandOption where Value == [String] {
  /// Any text but the empty one that `check` lets pass, at most `countMax` times.
  public static func list(
    _ name: String, _ valueName: String, countMax: Int = .max, help: String,
    check: @escaping @Sendable (String) throws(UsageError) -> Void = { (_) throws(UsageError) in }
  ) -> CommandOption<[String]> {
    let declaration = OptionDeclaration(name: name, valueName: valueName, help: help, isRepeatable: true) {
      (text, before) throws(UsageError) in
      try check(text)
      let values = (before as? [String] ?? []) + [try nonEmpty(text)]
      guard values.count <= countMax else { throw UsageError("expected at most \(countMax), got one more") }
      return values
    }
    return CommandOption(declaration, defaultValue: [])
  }
}

extension CommandOption where Value == Int {
  /// A whole number within `range`.
  public static func integer(
    _ name: String, _ valueName: String, _ range: ClosedRange<Int>, default defaultValue: Int, help: String
  ) -> CommandOption<Int> {
    .value(name, valueName, default: defaultValue, shownAs: String(defaultValue), help: help) {
      (text) throws(UsageError) in
      try Quantity.integer(text, in: range)
    }
  }

  /// A number of bytes within `range`, with K, M or G for KiB, MiB or GiB.
  public static func bytes(
    _ name: String, _ valueName: String, _ range: ClosedRange<Int>, default defaultValue: Int, help: String
  ) -> CommandOption<Int> {
    .value(name, valueName, default: defaultValue, shownAs: Quantity.bytesText(defaultValue), help: help) {
      (text) throws(UsageError) in
      try Quantity.bytes(text, in: range)
    }
  }
}

extension CommandOption where Value == Int? {
  /// A whole number within `range`, or nil when the option is not given.
  public static func integer(
    _ name: String, _ valueName: String, _ range: ClosedRange<Int>, help: String
  ) -> CommandOption<Int?> {
    .value(name, valueName, default: nil, help: help) { (text) throws(UsageError) in
      try Quantity.integer(text, in: range)
    }
  }
}

extension CommandOption where Value == UInt64 {
  /// A time in milliseconds: `500ms`, `2s`, `1.5`, `1m`, `1h`; without a unit, seconds.
  public static func duration(
    _ name: String, _ rangeMilliseconds: ClosedRange<UInt64>, defaultMilliseconds: UInt64, help: String
  ) -> CommandOption<UInt64> {
    .value(
      name, "TIME", default: defaultMilliseconds, shownAs: Quantity.durationText(defaultMilliseconds), help: help
    ) { (text) throws(UsageError) in try Quantity.duration(text, in: rangeMilliseconds) }
  }
}

extension CommandOption where Value == UInt64? {
  /// A time in milliseconds, or nil when the option is not given.
  public static func duration(
    _ name: String, _ rangeMilliseconds: ClosedRange<UInt64>, help: String
  ) -> CommandOption<UInt64?> {
    .value(name, "TIME", default: nil, help: help) { (text) throws(UsageError) in
      try Quantity.duration(text, in: rangeMilliseconds)
    }
  }
}

/// What the user wrote, fit to be shown in an error.
func quoted(_ text: String) -> String {
  let shown = Console.printable(text)
  return shown.count > 200 ? "'\(shown.prefix(197))...'" : "'\(shown)'"
}

private func nonEmpty(_ text: String) throws(UsageError) -> String {
  guard !text.isEmpty else { throw UsageError("expected a value, got an empty one") }
  return text
}
