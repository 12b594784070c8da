import Glibc
import HAL
import Testing

@testable import Simulator

@Suite struct ProgramTests {
  /// What a program run with these arguments writes, and its exit status.
  private struct Run {
    let status: Int32
    let output: String
    let notes: String

    init(_ program: Program, _ arguments: [String]) throws {
      let (output, notes) = (try TestPipe(), try TestPipe())
      let console = Console(name: "mles-sim", output: output.writing, errorOutput: notes.writing)
      status = program.run(arguments, console: console)
      (self.output, self.notes) = (output.text(), notes.text())
    }
  }

  private static let plain = Command(name: "plain", summary: "does nothing", groups: [])

  private func program(_ run: @escaping @Sendable (ParsedArguments, Console) throws -> Void = { _, _ in }) -> Program {
    Program([.init(Self.plain, run: run)])
  }

  @Test func aRunThatSucceedsIsZero() throws {
    let run = try Run(program { _, console in try console.line("done") }, ["plain"])
    #expect(run.status == 0)
    #expect(run.output == "done\n")
    #expect(run.notes == "")
  }

  @Test func aRunThatFailsIsOneLineAndOne() throws {
    let run = try Run(program { _, _ in throw RunFailure("port 1 is in use") }, ["plain"])
    #expect(run.status == 1)
    #expect(run.notes == "mles-sim plain: port 1 is in use\n")
  }

  @Test func bufferedOutputIsWrittenAtTheEnd() throws {
    #expect(try Run(program { _, console in try console.write([0x61, 0x0A]) }, ["plain"]).output == "a\n")
  }

  @Test(
    arguments: [
      ([], "mles-sim: expected a command: plain; see 'mles-sim --help'\n"),
      (["plian"], "mles-sim: unknown command 'plian'; did you mean plain?\n"),
      (["--hepl"], "mles-sim: unknown option '--hepl'; did you mean --help?\n"),
      (["what"], "mles-sim: unknown command 'what'; see 'mles-sim --help'\n"),
      (["plain", "x"], "mles-sim plain: unexpected argument 'x'; see 'mles-sim plain --help'\n"),
    ] as [([String], String)])
  func badUsageIsOneLineAndTwo(arguments: [String], line: String) throws {
    let run = try Run(program(), arguments)
    #expect(run.status == 2)
    #expect(run.notes == line)
    #expect(run.output == "")
  }

  @Test(arguments: [["--help"], ["-h"], ["help"], ["plain", "--help"]])
  func helpGoesToStandardOutput(arguments: [String]) throws {
    let run = try Run(program { _, _ in Issue.record("help must not run the command") }, arguments)
    #expect(run.status == 0)
    #expect(run.output.hasPrefix("mles-sim"))
    #expect(run.notes == "")
  }

  @Test func theVersionIsALine() throws {
    #expect(try Run(program(), ["--version"]).output == "mles-sim \(Program.version)\n")
  }

  static let commands = [
    RunOptions.command, RelayOptions.command, TailOptions.command, SendOptions.command, ProbeOptions.command,
    BenchOptions.command,
  ]

  @Test(arguments: commands.indices)
  func helpNamesEveryOptionAndDefaultInEightyColumns(index: Int) {
    let command = Self.commands[index]
    let text = HelpText.text(for: command)
    for line in text.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
    #expect(text.contains("--help"))
    #expect(text.hasPrefix("mles-sim \(command.name): "))
    let words = text.split { $0 == "\n" || $0 == " " }.joined(separator: " ")
    for option in command.options {
      #expect(words.contains("\(option.name)\(option.valueName.map { " \($0)" } ?? "") "))
      if let defaultText = option.defaultText { #expect(words.contains("[\(defaultText)]")) }
    }
    #expect(Set(command.options.map(\.name)).count == command.options.count)
  }

  @Test func theListOfCommandsIsInEightyColumnsToo() {
    for line in HelpText.text(for: Self.commands).split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
  }

  // MARK: Output that goes wrong

  @Test func aFullDiskIsOneLineAndOne() throws {
    let full = open("/dev/full", O_WRONLY)
    defer { close(full) }
    let notes = try TestPipe()
    let console = Console(name: "mles-sim", output: full, errorOutput: notes.writing)
    #expect(program { _, console in try console.line("x") }.run(["plain"], console: console) == 1)
    #expect(notes.text() == "mles-sim plain: standard output: No space left on device\n")
  }

  @Test func aReaderThatHasGoneIsOneLineAndOne() throws {
    _ = EventLoop()  // SIGPIPE is ignored from here on, as in every command with a loop.
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    close(ends[0])
    defer { close(ends[1]) }
    let notes = try TestPipe()
    let console = Console(name: "mles-sim", output: ends[1], errorOutput: notes.writing)
    #expect(program { _, console in try console.write([1]) }.run(["plain"], console: console) == 1)
    #expect(notes.text() == "mles-sim plain: standard output: the program reading it has ended\n")
  }

  @Test func aPipeThatIsFullForAWhileLosesNothing() throws {
    let pipe = try TestPipe()
    _ = fcntl(pipe.writing, F_SETFL, O_NONBLOCK)
    let reading = pipe.reading
    let reader = OwnThread { () -> Int in
      var chunk = [UInt8](repeating: 0, count: 1000)
      var total = 0
      while true {
        let count = read(reading, &chunk, chunk.count)
        if count <= 0 { return total }
        total += count
      }
    }
    do {
      let console = Console(name: "mles-sim", output: pipe.writing, errorOutput: -1)
      for _ in 0..<100 { try console.write([UInt8](repeating: 1, count: 10_000)) }
      try console.flush()
    }
    pipe.closeWriting()
    #expect(reader.join() == 1_000_000)
  }

  @Test func thereIsNoProgressLineWhereThereIsNoTerminal() throws {
    let notes = try TestPipe()
    let console = Console(name: "mles-sim", output: -1, errorOutput: notes.writing)
    #expect(!console.hasProgressLine)
    console.progress("1 of 2")
    console.note("done")
    console.endProgress()
    #expect(notes.text() == "mles-sim: done\n")
  }

  @Test func onATerminalNotesStandAboveTheProgressLine() throws {
    let (terminal, other) = try pseudoTerminal()
    defer {
      close(other)
      close(terminal)
    }
    let console = Console(name: "mles-sim", output: -1, errorOutput: other)
    #expect(console.hasProgressLine)
    console.progress("1 of 2")
    console.note("joined")
    console.progress(String(repeating: "x", count: 200))
    console.endProgress()
    let clear = "\r\u{1B}[K"
    let expected = "1 of 2\(clear)mles-sim: joined\r\n1 of 2\(clear)\(String(repeating: "x", count: 79))\(clear)"
    var text = ""
    var entry = pollfd(fd: terminal, events: Int16(POLLIN), revents: 0)
    // What is written comes out at the other end in pieces, and a little later.
    while text.utf8.count < expected.utf8.count, poll(&entry, 1, 5000) > 0 {
      var bytes = [UInt8](repeating: 0, count: 4096)
      let count = read(terminal, &bytes, bytes.count)
      text += String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
    #expect(text == expected)
  }

  /// Both ends of a new pseudoterminal (pts(4)); the ioctl numbers are those of asm-generic/ioctls.h.
  private func pseudoTerminal() throws -> (Int32, Int32) {
    let (unlock, getNumber) = (UInt(0x4004_5431), UInt(0x8004_5430))
    let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    try #require(terminal >= 0)
    var (locked, number) = (Int32(0), Int32(0))
    try #require(ioctl(terminal, unlock, &locked) == 0)
    try #require(ioctl(terminal, getNumber, &number) == 0)
    let other = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
    try #require(other >= 0)
    return (terminal, other)
  }

  @Test func controlCharactersAreShownNotSent() {
    #expect(Console.printable("a\u{1B}[2J\u{7}\u{9B}\u{7F}\n") == "a\\x1b[2J\\x07\\x9b\\x7f\\x0a")
    #expect(Console.printable("m\u{FC}ller \u{1F600}") == "m\u{FC}ller \u{1F600}")
  }

  @Test func theLogDropsWhatMattersLessAndNamesTheLevel() throws {
    let notes = try TestPipe()
    let console = Console(name: "mles-sim run", output: -1, errorOutput: notes.writing)
    var log = StandardErrorLog(prefix: "board-1", minimumLevel: .info, console: console)
    let line = Array("up\u{7}".utf8)
    for level in [LogLevel.debug, .info, .warning, .error] { log.log(level, line.span) }
    #expect(
      notes.text() == "mles-sim run: board-1: up\\x07\nmles-sim run: board-1: warning: up\\x07\n"
        + "mles-sim run: board-1: error: up\\x07\n")
  }
}
