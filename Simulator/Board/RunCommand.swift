import Device
import HAL
import Mles
import TLS

/// `mles-sim run`: simulated boards that publish readings.
enum RunCommand {
  static let entry = Program.Entry(RunOptions.command, run: run)

  /// Below this interval, in milliseconds, the simulated sensor answers at once: a real SHTC3 takes 16 ms.
  static let realTimeIntervalMilliseconds: UInt64 = 20

  static func run(_ arguments: ParsedArguments, _ console: Console) throws {
    let loop = EventLoop(signals: try SignalWatch())
    let isReport = arguments[RunOptions.report] != nil
    let sources = try weather(arguments)
    // The boards do not keep it; a relay of one's own has to.
    var key = try ChannelKey.load(arguments)
    let local =
      arguments[SharedOptions.server] == nil
      ? try LocalChannel(arguments, key: key, loop: loop, console: console, isQuiet: isReport) : nil
    let network = faultyNetwork(arguments, console)
    let keptCountMax = network == nil ? 0 : FaultyNetwork<LinuxSocket>.keptCountMax
    let needed = 2 * (arguments[RunOptions.boards] + keptCountMax) + 2
    let room = DescriptorLimit.makeRoom(forConnections: needed)
    guard room >= needed else {
      throw RunFailure("room for \(room) connections, \(needed) are needed: raise 'ulimit -n' or use fewer --boards")
    }
    let boards = try makeBoards(arguments, console, sources: sources, key: key, local: local, network: network)
    key = nil
    let simulation = SimulationRun(
      boards: boards, local: local, loop: loop, console: console,
      durationMilliseconds: arguments[RunOptions.seconds], network: network)
    if let network { loop.add(network) }
    loop.add(simulation)
    try loop.run()
    if loop.takeSignal() != nil {
      simulation.interrupt()
      try loop.run()
    }
    local?.stop()
    if let failure = local?.failure { throw failure }
    try finish(simulation, console, isReport: isReport)
  }

  private static func finish(_ simulation: SimulationRun, _ console: Console, isReport: Bool) throws {
    console.endProgress()
    let summary = simulation.summary
    if isReport { try console.line(summary.json) } else { try console.line(summary.text) }
    if let failure = simulation.failure { throw failure }
    if summary.lost > 0 { throw RunFailure("\(summary.lost) readings lost") }
    if !simulation.hasPublished { throw RunFailure("the subscriber could not join the local relay") }
    if summary.published > 0, summary.delivered == 0 {
      throw RunFailure("nothing was delivered; \(summary.kept) readings were not sent")
    }
  }

  /// The weather of each board.
  private static func weather(_ arguments: ParsedArguments) throws -> [any WeatherSource] {
    do throws(WeatherError) {
      return try WeatherOption(argument: arguments[RunOptions.sensor]).makeSources(
        boardCount: arguments[RunOptions.boards], seed: arguments[RunOptions.seed])
    } catch {
      if case .unknownSource = error { throw UsageError(error.description) }
      throw RunFailure(error.description)
    }
  }

  private static func makeBoards(
    _ arguments: ParsedArguments, _ console: Console, sources: [any WeatherSource], key: Secret?, local: LocalChannel?,
    network: FaultyNetwork<LinuxSocket>?
  ) throws -> [SimulatedBoard] {
    guard let server = local?.url ?? arguments[SharedOptions.server] else { throw RunFailure("--server is missing") }
    let trust = try ClientTrust.configuration(
      authorityFiles: arguments[SharedOptions.authorities] + (local.map { [$0.authorityPath] } ?? []),
      pins: arguments[SharedOptions.pins])
    let state = try StateFolder(option: arguments[RelayOptions.state])
    var boards: [SimulatedBoard] = []
    for (index, source) in sources.enumerated() {
      let uid = sources.count == 1 ? arguments[RunOptions.uid] : "\(arguments[RunOptions.uid])-\(index + 1)"
      boards.append(
        try makeBoard(
          uid, source, arguments, console, server: server, trust: trust, key: key, state: state, network: network))
    }
    return boards
  }

  private static func faultyNetwork(
    _ arguments: ParsedArguments, _ console: Console
  ) -> FaultyNetwork<LinuxSocket>? {
    let (clock, isVerbose) = (LinuxClock(), arguments[SharedOptions.verbose])
    return arguments[RunOptions.faults].map { profile in
      FaultyNetwork(
        profile, seed: arguments[RunOptions.seed], nowMilliseconds: clock.monotonicMilliseconds,
        makeSocket: { LinuxSocket() }, report: { if isVerbose { console.note($0) } })
    }
  }

  private static func makeBoard(
    _ uid: String, _ source: any WeatherSource, _ arguments: ParsedArguments, _ console: Console, server: ServerURL,
    trust: borrowing TLSConfiguration, key: Secret?, state: StateFolder, network: FaultyNetwork<LinuxSocket>?
  ) throws -> SimulatedBoard {
    let clock = LinuxClock()
    let station = WeatherStation(source: source) { clock.wallMilliseconds() ?? 0 }
    let interval = arguments[RunOptions.interval]
    let sensor =
      interval < realTimeIntervalMilliseconds
      ? SimulatedSensor(skippingTimeAt: station)
      : SimulatedSensor(station: station) { clock.monotonicMilliseconds() * 1000 }
    let level: HAL.LogLevel = arguments[SharedOptions.verbose] || console.hasProgressLine ? .info : .warning
    let system = SimulatedSystem(
      store: try FileKeyValueStore(folder: state.boardFolder(uid)),
      log: StandardErrorLog(prefix: uid, minimumLevel: level, console: console))
    var configuration = NodeConfiguration()
    configuration.intervalMilliseconds = UInt32(clamping: interval)
    configuration.readingLimit = arguments[RunOptions.count].map { UInt32(clamping: $0) }
    configuration.isSimulated = arguments[RunOptions.sensor] != "host" && arguments[RunOptions.sensor] != "stdin"
    let identity = try ChannelIdentity(uid: uid, channel: arguments[SharedOptions.channel], key: key)
    let endpoint = try server.endpoint()
    return SimulatedBoard(
      uid: uid, station: station, sensor: sensor, system: system,
      client: NodeClient<BoardSocket, ClientTLSSession>(
        endpoint: endpoint,
        session: NodeSession(
          identity: identity, respellsRefusedIdentity: arguments[RunOptions.ghost] == "respell"),
        socket: network?.makeSocket(for: uid) ?? FaultySocket(LinuxSocket()), configuration: trust.shared()),
      configuration: configuration)
  }
}
