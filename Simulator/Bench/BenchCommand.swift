/// `mles-sim bench`.
enum BenchCommand {
  static let entry = Program.Entry(BenchOptions.command, run: run)

  static func run(_ arguments: ParsedArguments, _ console: Console) throws {
    if arguments[BenchOptions.sizes] {
      for line in SizeTable.lines { try console.line(line) }
      return
    }
    #if DEBUG
      console.note("warning: a debug build, whose figures mean nothing; build with 'swift build -c release'")
    #endif
    console.progress("measuring, about 2 s")
    let measurements = measureFraming()
    console.endProgress()
    for line in framingTable(measurements) { try console.line(line) }
  }
}
