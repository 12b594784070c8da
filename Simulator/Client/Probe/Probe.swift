import TLS

/// A probe in the event loop.
final class Probe: LoopParticipant {
  /// What to connect to, and how.
  struct Settings {
    /// Where the server is, and the name its certificate must have.
    var url: ServerURL
    /// Connect here instead of the URL's host and port.
    var target: (host: String, port: UInt16)?
    /// The subprotocol to offer; empty: none.
    var subprotocol = "mles-websocket"
    /// Sends every message back.
    var isEchoing = false
    /// The end of the whole run, or with `isEchoing` of the wait for the next bytes.
    var timeoutMilliseconds: UInt64 = 10_000
    /// How long a probe that has sent its Close, or failed, waits for the server to answer and to close TCP.
    var closingMilliseconds: UInt64 = 2_000
    /// A larger message is refused with 1009.
    var messageByteCountMax = 16 << 20
    /// Keeps the messages for `--json`.
    var isKeepingMessages = false
  }

  private var connection: ProbeConnection
  private let signals: SignalWatch?

  /// A probe that is still to be started; `show` gets each line as it happens. A signal of `signals` ends it in order.
  init(
    _ settings: Settings, _ configuration: consuming TLSConfiguration?, signals: SignalWatch? = nil,
    show: @escaping (ProbeLine) -> Void
  ) {
    connection = ProbeConnection(settings, configuration, show: show)
    self.signals = signals
  }

  /// Whether the connection is over and `report` complete.
  var isEnded: Bool { connection.isEnded }

  /// What was found so far.
  var report: ProbeReport { connection.report }

  /// Begins with the name; `timeoutMilliseconds` count from here.
  func start() { connection.start() }

  func addInterests(to interests: inout LoopInterests) {
    guard !isEnded else { return }
    if let signals { interests.add(signals.fileDescriptor) }
    connection.addInterests(to: &interests)
  }

  func serve(_ ready: LoopInterests, nowMilliseconds: UInt64) {
    if signals?.next() != nil { connection.interrupt() }
    connection.serve()
  }
}
