/// `mles-sim bench`.
enum BenchCommand {
  static let entry = Program.Entry(BenchOptions.command, run: run)

  static func run(_ arguments: ParsedArguments, _ console: Console) throws {
    let lines = arguments[BenchOptions.sizes] ? SizeTable.lines : framingTable(measureFraming())
    for line in lines { try console.line(line) }
  }
}
