import Mles
public import WebSocket

/// What a Mles v2 relay does with members, messages and time, without sockets: whole messages and the time go in,
/// frames wait in each `RelayMember`.
///
/// It behaves as mles-rs 2.9.2 was observed to behave, with these differences:
/// - A member that does not read is dropped when more than `queueByteCountMax` bytes wait for it. The server stalls
///   every channel instead until that member reads again or leaves.
/// - History is also limited in bytes, for each channel and in all, and channels in number; the server limits entries
///   only and forgets a channel after 30 days.
/// - After pinging a client out the owner closes TCP in the end; the server leaves it open for ever.
public final class RelayCore {
  /// The configuration given at the start.
  public let configuration: Configuration
  /// What has happened so far.
  public private(set) var statistics = Statistics()
  private var members: [ObjectIdentifier: RelayMember] = [:]
  private var channels: [[UInt8]: RelayChannel] = [:]
  private var touched: [RelayMember] = []
  /// Bytes of memory of the entries kept for all channels.
  private(set) var historyByteCount = 0

  /// When `tick` has something to do next; nil when never.
  public private(set) var nextDeadlineMilliseconds: UInt64?

  /// A relay without members.
  public init(_ configuration: Configuration = Configuration()) {
    self.configuration = configuration
  }

  deinit {
    // A member and its channel hold each other.
    for channel in channels.values { channel.members = [] }
  }

  /// The number of connections, joined or not.
  public var memberCount: Int { members.count }

  /// The number of channels that have members or history.
  public var channelCount: Int { channels.count }

  // MARK: What happens to a connection

  /// A connection was upgraded; `tag` is its owner's name for it.
  public func connect(tag: Int, nowMilliseconds now: UInt64) -> RelayMember {
    let member = RelayMember(
      tag: tag, nowMilliseconds: now, pingIntervalMilliseconds: configuration.pingIntervalMilliseconds)
    members[ObjectIdentifier(member)] = member
    nextDeadlineMilliseconds = min(nextDeadlineMilliseconds ?? .max, member.nextTickMilliseconds)
    return member
  }

  /// A whole message came, fragments put together.
  public func receive(_ kind: MessageKind, _ payload: [UInt8], from member: RelayMember, nowMilliseconds now: UInt64) {
    switch member.state {
    case .unjoined:
      guard kind == .text else { return refuse(member, .badHeader("expected text, got binary"), now) }
      join(member, header: payload, now)
    case .joined(let channel, _):
      member.unansweredPingCount = 0
      relay(RelayFrame(kind.opcode, payload), from: member, on: channel, now)
    case .refused, .ended: break
    }
  }

  /// A Ping came: answered, and relayed and stored like a message.
  public func receivePing(_ payload: [UInt8], from member: RelayMember, nowMilliseconds now: UInt64) {
    switch member.state {
    case .unjoined: refuse(member, .badHeader("expected text, got a ping"), now)
    case .joined(let channel, _):
      member.unansweredPingCount = 0
      send(RelayFrame(.pong, payload), to: member)
      relay(RelayFrame(.ping, payload), from: member, on: channel, now)
    case .refused, .ended: break
    }
  }

  /// A Pong came: a sign of life, and nothing else.
  public func receivePong(from member: RelayMember, nowMilliseconds now: UInt64) {
    switch member.state {
    case .unjoined: refuse(member, .badHeader("expected text, got a pong"), now)
    case .joined: member.unansweredPingCount = 0
    case .refused, .ended: break
    }
  }

  /// A Close came: not answered, FIN follows.
  public func receiveClose(from member: RelayMember) {
    end(member, .finish(.closedByClient), sendingClose: false)
  }

  /// The client broke a rule of WebSocket or a size limit: `88 00`, then FIN.
  public func receiveProtocolError(_ what: String, from member: RelayMember) {
    end(member, .finish(.protocolError(what)), sendingClose: true)
  }

  /// The connection is gone, or its owner ends it.
  public func disconnect(_ member: RelayMember) {
    leaveChannel(member)
    member.ending = member.ending ?? .drop(.connectionEnded)
    member.removeAllFrames()
    members[ObjectIdentifier(member)] = nil
  }

  /// Does what is due: pings, late refusals, closing those who stay silent.
  public func tick(nowMilliseconds now: UInt64) {
    guard let deadline = nextDeadlineMilliseconds, deadline <= now else { return }
    var next = UInt64.max
    for member in members.values where member.ending == nil {
      if member.nextTickMilliseconds <= now { tick(member, now) }
      if member.ending == nil { next = min(next, member.nextTickMilliseconds) }
    }
    nextDeadlineMilliseconds = next == .max ? nil : next
  }

  /// The members that got frames or an ending since the last call.
  public func takeTouched() -> [RelayMember] {
    for member in touched { member.isTouched = false }
    defer { touched.removeAll(keepingCapacity: true) }
    return touched
  }

  // MARK: Joining

  private func join(_ member: RelayMember, header: [UInt8], _ now: UInt64) {
    let fields: JoinFields
    do {
      fields = try JoinFields(header)
    } catch {
      return refuse(member, .badHeader(error.text), now)
    }
    guard isAuthentic(fields) else { return refuse(member, .badAuthentication, now) }
    let channel = channel(named: fields.channel, now)
    let identity = RelayIdentity(uid: fields.uid, auth: fields.auth)
    guard channel.identities.insert(identity).inserted else {
      statistics.refusalCount += 1
      return end(member, .finish(.duplicateIdentity), sendingClose: true)
    }
    statistics.joinCount += 1
    // As in the server, the header itself does not count as a sign of life.
    member.state = .joined(channel, identity)
    member.replay = channel.history.elements
    channel.members.append(member)
    store(RelayFrame(.text, header), on: channel, now)
    touch(member)
  }

  private func isAuthentic(_ fields: JoinFields) -> Bool {
    guard let auth = fields.auth else { return configuration.serverKey == nil }
    let (uid, channel) = (fields.uid, fields.channel)
    let expected =
      configuration.serverKey?.withBytes { Authentication.value(uid: uid.span, channel: channel.span, key: $0) }
      ?? Authentication.value(uid: uid.span, channel: channel.span, key: nil)
    return Authentication.parse(auth.span) == expected
  }

  private func refuse(_ member: RelayMember, _ reason: RelayEndReason, _ now: UInt64) {
    statistics.refusalCount += 1
    if now &- member.upgradedMilliseconds <= configuration.immediateRefusalMilliseconds {
      end(member, .finish(reason), sendingClose: true)
    } else {
      member.state = .refused(reason)
    }
  }

  private func channel(named name: [UInt8], _ now: UInt64) -> RelayChannel {
    if let channel = channels[name] { return channel }
    if channels.count >= configuration.channelCountMax {
      let unused = channels.values.filter(\.members.isEmpty)
      if let oldest = unused.min(by: { $0.lastActivityMilliseconds < $1.lastActivityMilliseconds }) {
        forgetHistory(of: oldest)
      }
    }
    let channel = RelayChannel(name: name, nowMilliseconds: now)
    channels[name] = channel
    return channel
  }

  // MARK: Relaying

  private func relay(_ frame: RelayFrame, from sender: RelayMember, on channel: RelayChannel, _ now: UInt64) {
    statistics.messageCount += 1
    // A copy of the list: a member that is dropped leaves it meanwhile.
    for member in channel.members where member !== sender {
      if send(frame, to: member) { statistics.deliveryCount += 1 }
    }
    store(frame, on: channel, now)
  }

  private func store(_ frame: RelayFrame, on channel: RelayChannel, _ now: UInt64) {
    channel.lastActivityMilliseconds = now
    historyByteCount -= channel.historyByteCount
    channel.store(
      frame, countMax: configuration.historyCountMax, byteCountMax: configuration.historyByteCountMax)
    historyByteCount += channel.historyByteCount
    while historyByteCount > configuration.totalHistoryByteCountMax {
      let others = channels.values.filter { $0 !== channel && !$0.history.isEmpty }
      guard let oldest = others.min(by: { $0.lastActivityMilliseconds < $1.lastActivityMilliseconds }) else { return }
      forgetHistory(of: oldest)
    }
  }

  private func forgetHistory(of channel: RelayChannel) {
    historyByteCount -= channel.historyByteCount
    channel.removeHistory()
    if channel.members.isEmpty { channels[channel.name] = nil }
  }

  @discardableResult
  private func send(_ frame: RelayFrame, to member: RelayMember) -> Bool {
    guard member.ending == nil else { return false }
    guard member.enqueue(frame, limitBytes: configuration.queueByteCountMax) else {
      statistics.slowReaderCount += 1
      end(member, .drop(.slowReader), sendingClose: false)
      return false
    }
    touch(member)
    return true
  }

  // MARK: Time and endings

  private func tick(_ member: RelayMember, _ now: UInt64) {
    // Ticks missed while the process was stopped are not made up for, but the rhythm stays that of the upgrade.
    let interval = max(1, configuration.pingIntervalMilliseconds)
    member.nextTickMilliseconds &+= ((now - member.nextTickMilliseconds) / interval + 1) &* interval
    if case .refused(let reason) = member.state {
      end(member, .finish(reason), sendingClose: true)
    } else if member.unansweredPingCount >= configuration.unansweredPingCountMax {
      end(member, .linger(.silent), sendingClose: true)
    } else {
      member.unansweredPingCount += 1
      send(.ping, to: member)
    }
  }

  /// Ends a connection: what waits for it is dropped, as the server does.
  private func end(_ member: RelayMember, _ ending: RelayEnding, sendingClose: Bool) {
    guard member.ending == nil else { return }
    leaveChannel(member)
    member.removeAllFrames()
    if sendingClose { _ = member.enqueue(.close, limitBytes: configuration.queueByteCountMax) }
    member.ending = ending
    touch(member)
  }

  private func leaveChannel(_ member: RelayMember) {
    if case .joined(let channel, let identity) = member.state {
      channel.identities.remove(identity)
      channel.members.removeAll { $0 === member }
      if channel.members.isEmpty && channel.history.isEmpty { channels[channel.name] = nil }
    }
    member.state = .ended
  }

  private func touch(_ member: RelayMember) {
    guard !member.isTouched else { return }
    member.isTouched = true
    touched.append(member)
  }
}
