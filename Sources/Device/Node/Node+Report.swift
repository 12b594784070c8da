import Bytes
import HAL
import Mles
import TLS

extension Node where Socket: ~Copyable, Security: ~Copyable, Source: ~Copyable, System: ~Copyable {
  /// The longest log line, in bytes; what is longer is cut.
  private static var logLineMax: Int { 224 }

  /// Shows a change of state on the lamp and in the log.
  mutating func report(_ now: UInt64) {
    show(status)
    let phase = client.session.phase
    // An attempt that failed at once shows in its number only.
    let attempt = client.session.attemptCount
    guard phase != reportedPhase || attempt != reportedAttempt else { return }
    countLost(phase)
    (reportedPhase, reportedAttempt) = (phase, attempt)
    logPhase(phase, now)
  }

  private mutating func countLost(_ phase: SessionPhase) {
    let joins = client.session.joinCount
    let wasJoined = reportedPhase == .joined || joins != reportedJoins
    reportedJoins = joins
    let hasLeft = phase == .stopped || (phase == .closing && client.session.isLeaving)
    guard wasJoined, phase != .joined, !hasLeft else { return }
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
    if obstacle != nil, client.session.phase != .stopped { return .waitingForNetwork }
    return switch client.session.phase {
    case .idle: .starting
    case .resolving, .connecting, .securing, .upgrading: .connecting
    case .joining, .joinUnconfirmed: .joining
    case .joined: isSensorFailing ? .sensorFault : .joined
    case .closing: client.session.isLeaving ? .stopped : .retrying
    case .waitingToRetry: client.session.end.kind == .permanent ? .stopped : .retrying
    case .stopped: .stopped
    }
  }

  private mutating func show(_ status: NodeStatus) {
    guard status != reportedStatus else { return }
    reportedStatus = status
    system.show(status)
  }

  private mutating func logPhase(_ phase: SessionPhase, _ now: UInt64) {
    switch phase {
    case .resolving: logChannel("connecting to ")
    case .joinUnconfirmed: logChannel("join sent, nothing has confirmed it yet: ")
    case .joined: logChannel("joined ")
    case .stopped: log(.info) { $0.append("left the channel") }
    case .waitingToRetry: logRetry(now)
    default: break
    }
  }

  private mutating func logChannel(_ words: StaticString) {
    var line = InlineArray<224, UInt8>(repeating: 0)
    var writer = ByteWriter(line.mutableSpan)
    writer.append(words)
    writer.append("channel ")
    writer.append(client.session.identity.channel)
    writer.append(" at ")
    writer.append(client.endpoint.host)
    writer.append(":%u as ", UInt64(extending: client.endpoint.port))
    writer.append(client.session.identity.uid)
    if client.session.phase == .joined {
      writer.append(client.tlsVersion == .tls13 ? ", TLS 1.3" : ", TLS 1.2")
      if client.isResumed { writer.append(" (resumed)") }
    }
    let count = min(writer.requiredCount, Self.logLineMax)
    system.log(.info, line.span.extracting(0..<count))
  }

  private mutating func logRetry(_ now: UInt64) {
    var line = InlineArray<224, UInt8>(repeating: 0)
    var writer = ByteWriter(line.mutableSpan)
    let end = client.session.end
    client.describe(end, to: &writer)
    // At most five minutes.
    let wait = UInt32(truncatingIfNeeded: client.session.deadlineMilliseconds &- now)
    writer.append(
      "; next try in %u.%u s, ", UInt64(extending: wait / 1000), UInt64(extending: wait % 1000 / 100))
    writer.append("%u readings kept", UInt64(extending: outbox.count))
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
