import Bytes
import Glibc
import HAL
import TLS
import WebSocket

/// One connection to a WebSocket server, from the name to the last FIN, which says what happens at each step. With
/// `isEchoing` it sends every message back.
struct ProbeConnection: ~Copyable {
  /// Messages up to this size are echoed in one frame, larger ones in fragments of this size.
  static let messageCapacity = 65_536
  /// How long one address may stay silent while there is another to try.
  static let attemptMillisecondsMax: UInt64 = 2_000
  /// Reads and writes of one turn, after which deadlines and Ctrl-C are looked at.
  static let roundsMax = 64

  /// A frame of `messageCapacity` bytes fits into the output, with the longest header (14 bytes).
  typealias Frames = Connection<65_536, 65_550>

  enum Phase {
    case resolving(NameLookup)
    /// The addresses that are left to be tried.
    case connecting(rest: ArraySlice<SocketAddress>)
    case securing
    case upgrading
    case open
    /// This end's Close is on its way first; the server's is awaited.
    case closing
    /// There is nothing to say any more; the server closes TCP.
    case lingering
    case ended
  }

  let settings: Probe.Settings
  private let configuration: TLSConfiguration?
  var transport = ClientTransport()
  private let show: (ProbeLine) -> Void
  private let clock = LinuxClock()
  private let startMilliseconds: UInt64

  var phase = Phase.ended
  var deadlineMilliseconds: UInt64?
  /// When to try the next address.
  var attemptDeadlineMilliseconds: UInt64?
  var report: ProbeReport

  var frames: Frames
  var handshake: ClientHandshake?
  var entropy = EntropyPool()
  var statusLine: [UInt8] = []
  var hasStatusLine = false
  var input = InlineArray<65_536, UInt8>(repeating: 0)
  var inputCount = 0
  var inputPosition = 0
  var hasMoreInput = false
  /// What was received and does not fit into the output yet; until it does, nothing more is read.
  var blockedEcho: Echo?
  var echoBytes: [UInt8] = []
  /// The message whose parts are coming.
  var incoming = IncomingMessage()
  /// The code of a Close in the output that has not left yet.
  var queuedClose: UInt16?

  /// A probe that is still to be started; `show` gets each line as it happens.
  init(
    _ settings: Probe.Settings, _ configuration: consuming TLSConfiguration?, show: @escaping (ProbeLine) -> Void
  ) {
    self.settings = settings
    self.configuration = configuration
    self.show = show
    startMilliseconds = clock.monotonicMilliseconds()
    let kept = settings.isEchoing ? ProbeReport.keptByteCountMaxWhenEchoing : ProbeReport.keptByteCountMax
    report = ProbeReport(keptByteCountMax: settings.isKeepingMessages ? kept : 0)
    frames = Frames(role: .client, oversize: .stream(maximumBytes: UInt64(settings.messageByteCountMax)))
  }

  /// Whether the connection is over and `report` complete.
  var isEnded: Bool { if case .ended = phase { true } else { false } }

  /// Milliseconds since the probe began.
  var elapsedMilliseconds: UInt64 { clock.monotonicMilliseconds() - startMilliseconds }

  var nowMilliseconds: UInt64 { clock.monotonicMilliseconds() }

  /// Adds a line to the text.
  func say(_ step: String, _ text: String) {
    show(ProbeLine(elapsedMilliseconds: elapsedMilliseconds, step: step, text: text))
  }

  /// Prepares TLS; `settings` without a configuration are those of a ws:// URL.
  mutating func startTLS() throws(RunFailure) {
    try transport.startTLS(configuration, serverName: settings.url.host)
  }

  // MARK: Loop

  mutating func start() {
    deadlineMilliseconds = nowMilliseconds + settings.timeoutMilliseconds
    do throws(RunFailure) { try resolve() } catch { breakOff(error) }
  }

  func addInterests(to interests: inout LoopInterests) {
    guard !isEnded else { return }
    interests.wake(atMilliseconds: deadlineMilliseconds)
    interests.wake(atMilliseconds: attemptDeadlineMilliseconds)
    if hasMoreInput { interests.wake(atMilliseconds: 0) }
    switch phase {
    case .resolving(let lookup): interests.add(lookup.fileDescriptor)
    case .connecting:
      if let descriptor = transport.pollDescriptor { interests.add(descriptor, reading: false, writing: true) }
    case .securing, .upgrading, .open, .closing, .lingering:
      guard let descriptor = transport.pollDescriptor else { return }
      interests.add(descriptor, reading: blockedEcho == nil, writing: hasOutput)
    case .ended: break
    }
  }

  mutating func serve() {
    do throws(RunFailure) {
      try advance()
      if let deadlineMilliseconds, deadlineMilliseconds <= nowMilliseconds { try timeOut() }
    } catch { breakOff(error) }
  }

  /// Ends in order, as at Ctrl-C.
  mutating func interrupt() {
    switch phase {
    case .open: startClosing(.goingAway, "interrupted")
    case .closing, .lingering: end()
    case .resolving, .connecting, .securing, .upgrading:
      breakOff(RunFailure("interrupted before the connection was open"))
    case .ended: break
    }
  }

  private mutating func advance() throws(RunFailure) {
    if case .resolving(let lookup) = phase { try finishResolving(lookup) }
    if case .connecting(let rest) = phase { try connect(rest) }
    if case .securing = phase { try secure() }
    switch phase {
    case .upgrading, .open, .closing, .lingering: try exchange()
    case .resolving, .connecting, .securing, .ended: break
    }
  }

  private mutating func breakOff(_ error: RunFailure) {
    fail(error.description)
    end()
  }

  // MARK: End

  /// Notes the first error; the connection may go on to its orderly end.
  mutating func fail(_ text: String) {
    guard report.error == nil else { return }
    report.error = text
    say("error", text)
  }

  mutating func end() {
    guard !isEnded else { return }
    transport.close()
    phase = .ended
    deadlineMilliseconds = nil
    attemptDeadlineMilliseconds = nil
    hasMoreInput = false
    report.elapsedMilliseconds = elapsedMilliseconds
  }

  private mutating func timeOut() throws(RunFailure) {
    let limit = Quantity.durationText(settings.timeoutMilliseconds)
    switch phase {
    case .resolving: throw RunFailure("name resolution: no answer within \(limit)")
    case .connecting: throw RunFailure("TCP: no answer within \(limit)")
    case .securing: throw RunFailure("TLS: handshake not complete within \(limit)")
    case .upgrading: throw RunFailure("HTTP: no complete answer within \(limit)")
    case .open:
      if hasOutput { throw RunFailure("the server has taken no bytes for \(limit)") }
      startClosing(.normal, settings.isEchoing ? "nothing has come for \(limit)" : "\(limit) are over")
    case .closing, .lingering:
      say("tcp", "the server has not closed within \(Quantity.durationText(settings.closingMilliseconds)); closed here")
      end()
    case .ended: break
    }
  }
}
