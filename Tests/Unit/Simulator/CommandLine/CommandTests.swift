import Testing

@testable import Simulator

@Suite struct CommandTests {
  private static let name = CommandOption<String?>.text("--name", "NAME", help: "A name.")
  private static let count = CommandOption<Int>.integer("--count", "N", 1...10, default: 3, help: "A number.")
  private static let wait = CommandOption<UInt64>.duration(
    "--wait", 1...90_000, defaultMilliseconds: 2_000, help: "A time.")
  private static let limit = CommandOption<Int>.bytes(
    "--limit", "BYTES", 1...(1 << 20), default: 65_536, help: "A size.")
  private static let files = CommandOption<[String]>.list("--file", "FILE", countMax: 3, help: "A file.")
  private static let loud = CommandOption<Bool>.flag("--loud", help: "A flag.")
  private static let format = CommandOption<String?>.choice("--format", ["json", "text"], help: "A choice.")

  private static let command = Command(
    name: "try", summary: "a command of the tests", operands: ["URL"],
    groups: [
      .init("All", [name.declaration, count.declaration, wait.declaration, limit.declaration]),
      .init("More", [files.declaration, loud.declaration, format.declaration]),
    ])

  private func parse(_ arguments: String...) throws -> ParsedArguments {
    guard case .run(let parsed) = try Self.command.parse(arguments) else {
      throw UsageError("help")
    }
    return parsed
  }

  private func problem(_ arguments: String...) -> String? {
    do {
      _ = try Self.command.parse(arguments)
      return nil
    } catch { return error.description }
  }

  @Test func withoutOptionsTheDefaultsHold() throws {
    let parsed = try parse("wss://x")
    #expect(parsed.operands == ["wss://x"])
    #expect(parsed[Self.name] == nil)
    #expect(parsed[Self.count] == 3)
    #expect(parsed[Self.wait] == 2_000)
    #expect(parsed[Self.limit] == 65_536)
    #expect(parsed[Self.files] == [])
    #expect(parsed[Self.loud] == false)
    #expect(parsed.isGiven(Self.count) == false)
  }

  @Test func valuesFollowOrAreAttached() throws {
    let parsed = try parse(
      "--name", "a b", "--count=7", "u", "--loud", "--file", "one", "--file=two=2", "--wait=1m", "--limit", "8K",
      "--format", "json")
    #expect(parsed[Self.name] == "a b")
    #expect(parsed[Self.count] == 7)
    #expect(parsed[Self.loud])
    #expect(parsed[Self.files] == ["one", "two=2"])
    #expect(parsed[Self.wait] == 60_000)
    #expect(parsed[Self.limit] == 8192)
    #expect(parsed[Self.format] == "json")
    #expect(parsed.isGiven(Self.count))
  }

  @Test func twoHyphensEndTheOptions() throws {
    #expect(try parse("--", "--name").operands == ["--name"])
    #expect(try parse("-").operands == ["-"])
  }

  @Test func helpCountsAnywhereButBehindTwoHyphens() throws {
    for arguments in [["--help"], ["-h"], ["--count", "99", "--help"], ["--nonsense", "-h"]] {
      guard case .help = try Self.command.parse(arguments) else {
        Issue.record("no help for \(arguments)")
        continue
      }
    }
    #expect(try parse("--", "--help").operands == ["--help"])
  }

  @Test func errorsNameWhatWasExpectedAndWhatCame() {
    #expect(problem("u", "--cuont", "1") == "unknown option '--cuont'; did you mean --count?")
    #expect(problem("u", "--fil=x") == "unknown option '--fil'; did you mean --file?")
    #expect(problem("u", "--zebra") == "unknown option '--zebra'; see 'mles-sim try --help'")
    #expect(problem("u", "-x") == "unknown option '-x'; see 'mles-sim try --help'")
    #expect(problem("u", "--name") == "--name needs a value (NAME), got nothing")
    #expect(problem("u", "--name", "--loud") == "--name needs a value (NAME), got '--loud'")
    #expect(problem("u", "--name=") == "--name: expected a value, got an empty one")
    #expect(problem("u", "--loud=yes") == "--loud takes no value, got 'yes'")
    #expect(problem("u", "--count", "11") == "--count: expected a number from 1 to 10, got '11'")
    #expect(problem("u", "--count", "1e1") == "--count: expected a number from 1 to 10, got '1e1'")
    #expect(problem("u", "--count", "-1") == "--count: expected a number from 1 to 10, got '-1'")
    #expect(problem("u", "--count", "1", "--count", "2") == "--count is given more than once")
    #expect(
      problem("u", "--file=1", "--file=2", "--file=3", "--file=4") == "--file: expected at most 3, got one more")
    #expect(problem("u", "--format", "xml") == "--format: expected json or text, got 'xml'")
    #expect(problem("u", "v") == "unexpected argument 'v'; see 'mles-sim try --help'")
    #expect(problem() == "URL is missing; see 'mles-sim try --help'")
    #expect(
      problem("u", "--wait", "2 s") == "--wait: expected a time from 1ms to 90s, such as 500ms, 2s or 1m, got '2 s'")
    #expect(
      problem("u", "--limit", "2M")
        == "--limit: expected a number of bytes from 1 to 1M, such as 64K or 8M, got '2M'")
  }

  @Test func whatTheUserWroteCannotSteerTheTerminal() {
    #expect(problem("u", "\u{1B}[2J") == "unexpected argument '\\x1b[2J'; see 'mles-sim try --help'")
    #expect(quoted(String(repeating: "x", count: 300)).count == 202)
  }

  @Test func aRequiredOptionIsAskedFor() {
    #expect(throws: UsageError("--server URL is required; see 'mles-sim tail --help'")) {
      try TailOptions.command.parse([])
    }
  }

  // MARK: Numbers

  @Test(
    arguments: [
      ("500ms", 500), ("2s", 2_000), ("1m", 60_000), ("1h", 3_600_000), ("3", 3_000), ("0.5", 500), ("1.5s", 1_500),
      ("0.25m", 15_000), ("0", 0), ("1.0005", 1_000), ("2.5ms", 2),
    ] as [(String, UInt64)])
  func durationsHaveUnitsAndSecondsWithoutOne(text: String, expected: UInt64) throws {
    #expect(try Quantity.duration(text, in: 0...3_600_000) == expected)
  }

  @Test(
    arguments: [
      "", "s", "ms", "-1", "+1", "1 s", "1d", ".5", "1.", "1.2.3", "1e3", "0x10", "99999999999999999999", "nan", "1,5",
      "18446744073709551615", "1.0000000",
    ])
  func whatIsNoDurationIsRefused(text: String) {
    #expect(throws: UsageError.self) { try Quantity.duration(text, in: 0 ... .max) }
  }

  @Test func durationsAndSizesAreShownInTheirShortestForm() {
    #expect(
      [0, 1, 1_500, 2_000, 60_000, 90_000, 7_200_000].map { Quantity.durationText($0) }
        == ["0s", "1ms", "1500ms", "2s", "1m", "90s", "2h"])
    #expect(
      [0, 1, 1024, 1536, 8 << 20, 1 << 30].map { Quantity.bytesText($0) } == ["0", "1", "1K", "1536", "8M", "1G"])
  }

  @Test(arguments: ["", "K", "1KB", "-1", "9223372036854775807G", "1.5M", " 1"])
  func whatIsNoSizeIsRefused(text: String) {
    #expect(throws: UsageError.self) { try Quantity.bytes(text, in: 0 ... .max) }
  }
}
