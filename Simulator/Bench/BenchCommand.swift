/// `mles-sim bench`.
enum BenchCommand {
  static let entry = Program.Entry(BenchOptions.command, run: run)

  static func run(_ arguments: ParsedArguments, _ console: Console) throws {
    guard arguments[BenchOptions.sizes] else { throw RunFailure("only --sizes can be measured so far") }
    for line in SizeTable.lines { try console.line(line) }
  }
}
