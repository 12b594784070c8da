import Glibc

/// `mles-sim relay`.
enum RelayCommand {
  static let entry = Program.Entry(RelayOptions.command, run: run)

  private static func run(_ arguments: ParsedArguments, _ console: Console) throws {
    var configuration = RelayCore.Configuration()
    configuration.serverKey = try ChannelKey.load(arguments)
    configuration.historyCountMax = arguments[RelayOptions.history]
    configuration.pingIntervalMilliseconds = arguments[RelayOptions.pingInterval]
    configuration.queueByteCountMax = arguments[RelayOptions.queueByteCountMax]

    let host = arguments[RelayOptions.host]
    let wanted = arguments[RelayOptions.connectionCountMax]
    let connectionCountMax = DescriptorLimit.makeRoom(forConnections: wanted)
    if connectionCountMax < wanted {
      console.note("warning: room for \(connectionCountMax) connections only; 'ulimit -n' allows no more descriptors")
    }
    let isVerbose = arguments[SharedOptions.verbose]
    let certificate = try certificate(arguments, console)
    let server = try RelayServer(
      host: host, port: UInt16(clamping: arguments[RelayOptions.port]), certificate: certificate,
      configuration: configuration, connectionCountMax: connectionCountMax
    ) { text, isDetail in
      if !isDetail || isVerbose { console.note(Console.printable(text)) }
    }
    let loop = EventLoop(signals: try SignalWatch())
    loop.add(server)
    loop.add(RelayProgress(server, console))
    try console.line("listening on wss://\(server.address)")
    try loop.run()
    server.stop()
    console.endProgress()
    console.note(summary(server))
  }

  private static func certificate(
    _ arguments: ParsedArguments, _ console: Console
  ) throws -> RelayCertificate {
    switch (arguments[RelayOptions.certificate], arguments[RelayOptions.privateKey]) {
    case (let chain?, let key?): return try RelayCertificate(chainPath: chain, privateKeyPath: key)
    case (_?, nil): throw UsageError("--cert needs --key-pem, got --cert alone")
    case (nil, _?): throw UsageError("--key-pem needs --cert, got --key-pem alone")
    case (nil, nil): break
    }
    let made = try DevelopmentCertificate.load(
      state: arguments[RelayOptions.state], host: arguments[RelayOptions.host], report: console.note)
    console.note("development authority for clients: --ca \(made.authorityPath)")
    return try RelayCertificate(chain: made.chain, privateKey: made.privateKey)
  }

  private static func summary(_ server: RelayServer) -> String {
    let statistics = server.core.statistics
    return "\(server.acceptedCount) connections, \(statistics.joinCount) joins, \(statistics.refusalCount) refused, "
      + "\(statistics.messageCount) messages, \(statistics.deliveryCount) deliveries, "
      + "\(statistics.slowReaderCount) slow readers dropped"
  }
}

/// The progress line of `mles-sim relay`, on a terminal only.
private final class RelayProgress: LoopParticipant {
  private static let intervalMilliseconds: UInt64 = 500

  private let server: RelayServer
  private let console: Console
  private var nextMilliseconds: UInt64 = 0

  init(_ server: RelayServer, _ console: Console) {
    self.server = server
    self.console = console
  }

  func addInterests(to interests: inout LoopInterests) {
    if console.hasProgressLine { interests.wake(atMilliseconds: nextMilliseconds) }
  }

  func serve(_ ready: LoopInterests, nowMilliseconds now: UInt64) {
    nextMilliseconds = now + Self.intervalMilliseconds
    console.progress("\(server.connectionCount) connections, \(server.core.statistics.messageCount) messages")
  }
}
