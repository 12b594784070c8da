import TLS

/// `mles-sim probe`.
enum ProbeCommand {
  static let entry = Program.Entry(ProbeOptions.command, run: run)

  static func run(_ arguments: ParsedArguments, _ console: Console) throws {
    let settings = try settings(arguments)
    let isJSON = arguments[ProbeOptions.json]
    var report: ProbeReport
    do {
      report = try probe(settings, arguments, console, isJSON: isJSON)
    } catch let error as RunFailure where isJSON {
      // Nothing was tried: an authority that cannot be read, say. The reader still gets the one object.
      report = ProbeReport(keptByteCountMax: 0)
      report.error = error.description
    }
    if isJSON {
      try console.write(report.json)
      if report.leftOutCount > 0 { console.note("\(report.leftOutCount) messages left out: too many bytes to keep") }
    } else {
      try console.write(Array(summary(report).utf8))
    }
    try console.flush()
    guard report.isSuccess else { throw RunFailure(report.error ?? "the connection was not opened") }
  }

  private static func settings(_ arguments: ParsedArguments) throws(UsageError) -> Probe.Settings {
    var settings = Probe.Settings(url: try ServerURL(arguments.operands[0], allowsInsecure: true))
    if let target = arguments[ProbeOptions.connect] { settings.target = try ServerURL.hostAndPort(target) }
    let subprotocol = arguments[ProbeOptions.subprotocol]
    settings.subprotocol = subprotocol == ProbeOptions.noSubprotocol ? "" : subprotocol
    settings.isEchoing = arguments[ProbeOptions.echo]
    settings.timeoutMilliseconds = arguments[ProbeOptions.timeout]
    settings.messageByteCountMax = arguments[ProbeOptions.messageByteCountMax]
    settings.isKeepingMessages = arguments[ProbeOptions.json]
    guard arguments.isGiven(ProbeOptions.certificate) == arguments.isGiven(ProbeOptions.privateKey) else {
      throw UsageError("--cert and --key-pem are needed together")
    }
    return settings
  }

  private static func probe(
    _ settings: Probe.Settings, _ arguments: ParsedArguments, _ console: Console, isJSON: Bool
  ) throws -> ProbeReport {
    // Without TLS nobody is asked for certificates.
    let configuration =
      settings.url.isSecure
      ? try ClientTrust.configuration(
        authorityFiles: arguments[SharedOptions.authorities], pins: arguments[SharedOptions.pins],
        certificateFile: arguments[ProbeOptions.certificate], keyFile: arguments[ProbeOptions.privateKey]) : nil
    var failure: (any Error)?
    let probe = Probe(settings, configuration, signals: try SignalWatch()) { line in
      guard !isJSON, failure == nil else { return }
      do { try console.write(line.bytes) } catch { failure = error }
    }
    let loop = EventLoop()
    loop.add(probe)
    probe.start()
    while !probe.isEnded, failure == nil {
      try console.flush()
      try loop.turn()
    }
    if let failure { throw failure }
    return probe.report
  }

  private static func summary(_ report: ProbeReport) -> String {
    let seconds = JSONText.seconds(milliseconds: report.elapsedMilliseconds)
    let counts = "\(report.messageCount) messages, \(report.messageByteCount) bytes"
    return report.isOpened ? "opened, \(counts) received, \(seconds) s\n" : "not opened, \(seconds) s\n"
  }
}
