import Bytes
import HAL
import Mles
import TLS

extension Node where Socket: ~Copyable, Source: ~Copyable, System: ~Copyable {
  /// The longest log line, in bytes; what is longer is cut.
  private static var logLineMax: Int { 224 }

  /// Shows a change of state on the lamp and in the log.
  mutating func report(_ now: UInt64) {
    show(status)
    let state = client.session.state
    // An attempt that failed at once shows in its number only.
    let attempt = client.session.attemptCount
    guard state != reportedState || attempt != reportedAttempt else { return }
    countLost(state)
    (reportedState, reportedAttempt) = (state, attempt)
    logState(state, now)
  }

  private mutating func countLost(_ state: SessionState) {
    let joins = client.session.joinCount
    let wasJoined = reportedState == .joined || joins != reportedJoins
    reportedJoins = joins
    guard wasJoined, state != .joined, state != .closing(.left), state != .stopped else { return }
    statistics.lostConnections &+= 1
  }

  /// Says what stands in the way of a connection now.
  mutating func reportObstacle() {
    let words: StaticString =
      switch obstacle {
      case .link: "no network link; going on as soon as there is one"
      case .address: "network link, but no address from DHCP; going on as soon as there is one"
      case .time: "the time is not known, certificates cannot be checked; going on as soon as it is"
      case nil: "the network is there"
      }
    log(.info) { $0.append(words) }
  }

  private var status: NodeStatus {
    if obstacle != nil, client.session.state != .stopped { return .waitingForNetwork }
    return switch client.session.state {
    case .idle: .starting
    case .resolving, .connecting, .securing, .upgrading: .connecting
    case .joining, .joinUnconfirmed: .joining
    case .joined: isSensorFailing ? .sensorFault : .joined
    case .closing: .retrying
    case .waitingToRetry(let end): end.kind == .permanent ? .stopped : .retrying
    case .stopped: .stopped
    }
  }

  private mutating func show(_ status: NodeStatus) {
    guard status != reportedStatus else { return }
    reportedStatus = status
    system.show(status)
  }

  private mutating func logState(_ state: SessionState, _ now: UInt64) {
    switch state {
    case .idle, .joining, .closing, .connecting, .securing, .upgrading: break
    case .resolving: logChannel(.info, "connecting to ")
    case .joinUnconfirmed: logChannel(.info, "join sent, nothing has confirmed it yet: ")
    case .joined: logChannel(.info, "joined ")
    case .stopped: log(.info) { $0.append("left the channel") }
    case .waitingToRetry(let end): logRetry(end, now)
    }
  }

  private mutating func logChannel(_ level: LogLevel, _ words: StaticString) {
    var line = InlineArray<224, UInt8>(repeating: 0)
    var writer = ByteWriter(line.mutableSpan)
    writer.append(words)
    writer.append("channel ")
    writer.append(client.session.identity.channel)
    writer.append(" at ")
    writer.append(client.endpoint.host)
    writer.append(":")
    writer.append(decimal: UInt64(truncatingIfNeeded: client.endpoint.port))
    writer.append(" as ")
    writer.append(client.session.identity.uid)
    if client.session.state == .joined, let information = client.tlsInformation {
      writer.append(information.version == .tls13 ? ", TLS 1.3" : ", TLS 1.2")
      if information.isResumed { writer.append(" (resumed)") }
    }
    let count = min(writer.requiredCount, Self.logLineMax)
    system.log(level, line.span.extracting(0..<count))
  }

  private mutating func logRetry(_ end: SessionEnd, _ now: UInt64) {
    var line = InlineArray<224, UInt8>(repeating: 0)
    var writer = ByteWriter(line.mutableSpan)
    client.describe(end, to: &writer)
    writer.append("; next try in ")
    let wait = client.session.deadlineMilliseconds &- now
    writer.append(decimal: wait / 1000)
    writer.append(".")
    writer.append(decimal: wait % 1000 / 100)
    writer.append(" s, ")
    writer.append(decimal: outbox.count)
    writer.append(" readings kept")
    let count = min(writer.requiredCount, Self.logLineMax)
    system.log(end.kind == .permanent ? .error : .warning, line.span.extracting(0..<count))
  }

  mutating func log(_ level: LogLevel, _ body: (inout ByteWriter) -> Void) {
    var line = InlineArray<224, UInt8>(repeating: 0)
    var writer = ByteWriter(line.mutableSpan)
    body(&writer)
    let count = min(writer.requiredCount, Self.logLineMax)
    system.log(level, line.span.extracting(0..<count))
  }
}
