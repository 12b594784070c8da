import Glibc
import Synchronization

/// `mles-sim simulate`: worlds on a virtual clock.
enum SimulateCommand {
  static let entry = Program.Entry(SimulateOptions.command, run: run)

  static func run(_ arguments: ParsedArguments, _ console: Console) throws {
    let plan = WorldPlan(
      seed: arguments[SimulateOptions.seed], hours: arguments[SimulateOptions.hours],
      nodes: arguments[SimulateOptions.nodes], profile: arguments[SimulateOptions.faults])
    let world = arguments[SimulateOptions.world]
    let isEndless = arguments[SimulateOptions.forever]
    guard world == nil || !isEndless else { throw UsageError("--world and --forever do not go together") }
    guard arguments[SimulateOptions.trace] == nil || world != nil || (plan.worldCount == 1 && !isEndless) else {
      throw UsageError("--trace is for one world; name it with --world")
    }
    let last = isEndless ? Int.max : plan.worldCount
    let range = world.map { $0..<$0 + 1 } ?? 0..<last
    let signals = try SignalWatch()
    let tally = try SimulationTally(plan: plan, worlds: range)
    if let path = arguments[SimulateOptions.trace] {
      tally.add(try traced(plan.settings(range.lowerBound), path, signals))
    } else {
      try runWorlds(tally, jobs: arguments[SimulateOptions.jobs], signals, console)
    }
    console.endProgress()
    let summary = tally.summary
    if let failure = summary.failure { report(failure, plan, console) }
    try console.line(arguments[SimulateOptions.report] == nil ? summary.text : summary.json)
    if let failure = summary.failure { throw RunFailure(failure.failure?.violation.rule ?? "a world failed") }
    if let error = summary.error { throw RunFailure(error) }
  }

  /// Runs the worlds in threads; ends early at a violation or a signal.
  private static func runWorlds(
    _ tally: SimulationTally, jobs: Int, _ signals: SignalWatch, _ console: Console
  ) throws {
    var threads: [WorkerThread] = []
    for _ in 0..<jobs { threads.append(try WorkerThread { tally.work() }) }
    while !tally.isFinished {
      var entries = [
        pollfd(fd: signals.fileDescriptor, events: Int16(POLLIN), revents: 0),
        pollfd(fd: tally.wakeup.readDescriptor, events: Int16(POLLIN), revents: 0),
      ]
      _ = poll(&entries, 2, 1_000)
      _ = tally.wakeup.drain()
      if signals.next() != nil { tally.stop() }
      console.progress(tally.summary.progressText)
    }
    for thread in threads { thread.join() }
  }

  private static func traced(_ settings: WorldSettings, _ path: String, _ signals: SignalWatch) throws -> WorldResult {
    let file = try TraceFile(path)
    let result = try WorldResult.run(settings, while: { signals.next() == nil }, onRecord: { file.line($0) })
    try file.close()
    return result
  }

  private static func report(_ result: WorldResult, _ plan: WorldPlan, _ console: Console) {
    guard let failure = result.failure else { return }
    let violation = failure.violation
    for line in failure.trace { console.note(line) }
    let who = violation.client < 0 ? "" : ", client \(violation.client)"
    console.note(
      "at \(VirtualTime.text(violation.timeMilliseconds)) in world \(result.index)\(who): \(violation.rule)"
        + (violation.details.isEmpty ? "" : " (\(violation.details))"))
    console.note(
      "again: mles-sim simulate --seed \(plan.seed) --hours \(plan.hours) --nodes \(plan.nodes) "
        + "--faults \(plan.profile.name) --world \(result.index)")
  }
}

/// A file with a line for each record of a trace.
private final class TraceFile {
  private let path: String
  private var file: UnsafeMutablePointer<FILE>?
  private var hasFailed = false

  init(_ path: String) throws(RunFailure) {
    self.path = path
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    file = descriptor >= 0 ? fdopen(descriptor, "w") : nil
    guard file != nil else { throw RunFailure("\(path): \(SystemError(code: errno))") }
  }

  func line(_ text: String) {
    guard let file else { return }
    if fputs(text + "\n", file) < 0 { hasFailed = true }
  }

  func close() throws(RunFailure) {
    guard let file else { return }
    self.file = nil
    let code = fclose(file)
    if code != 0 || hasFailed { throw RunFailure("\(path): could not be written") }
  }
}
