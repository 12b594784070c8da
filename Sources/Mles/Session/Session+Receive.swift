import Bytes
import WebSocket

extension Session {
  /// Reads on in `input` from `position`, and moves `position` behind what was read. Returns the next event, or nil when
  /// the input is used up: call it until then. What ends the connection shows in `state`.
  public mutating func receive(
    _ input: inout MutableSpan<UInt8>, position: inout Int, nowMilliseconds: UInt64
  ) -> Event? {
    guard phase.isWithin(.upgrading, .closing) else {
      // Bytes of a connection that is over, or not open yet.
      position = input.count
      return nil
    }
    // No bytes are no sign of life.
    if phase == .joined, position < input.count { waitingSinceMilliseconds = nowMilliseconds }
    if phase == .upgrading, !receiveUpgrade(input.span, position: &position, nowMilliseconds) { return nil }
    let hadOutput = connection.hasOutput
    defer {
      // What is queued now (a Pong) has not been waiting since the last bytes went.
      if !hadOutput { sentMilliseconds = nowMilliseconds }
      setDeadline(nowMilliseconds)
    }
    do throws(ProtocolError) {
      while let event = try connection.receive(&input, position: &position, randomBits: random.next()) {
        if let event = take(event, nowMilliseconds) { return event }
      }
    } catch {
      if phase != .closing || !isLeaving { close(.protocolError(error), nowMilliseconds) }
      position = input.count
    }
    return nil
  }

  private mutating func receiveUpgrade(_ input: Span<UInt8>, position: inout Int, _ now: UInt64) -> Bool {
    do throws(HandshakeError) {
      guard try handshake.receive(input, position: &position) else { return false }
    } catch {
      retry(.upgradeRefused(error), now)
      position = input.count
      return false
    }
    return sendJoinHeader(now)
  }

  private mutating func sendJoinHeader(_ now: UInt64) -> Bool {
    var header = InlineArray<sendCapacity, UInt8>(repeating: 0)
    var writer = ByteWriter(header.mutableSpan)
    identity.writeJoinHeader(spelling: spelling, to: &writer)
    let (required, capacity) = (writer.requiredCount, connection.maximumPayload)
    guard required <= sendCapacity else {
      retry(.joinHeaderTooLarge(requiredBytes: required, capacityBytes: sendCapacity), now)
      return false
    }
    enter(.joining, now)
    guard send(header.span.extracting(0..<required), kind: .text, nowMilliseconds: now) else {
      retry(.joinHeaderTooLarge(requiredBytes: required, capacityBytes: capacity), now)
      return false
    }
    joinHeaderBytes = connection.output.count
    return true
  }

  private mutating func take(
    _ event: MessageEvent, _ now: UInt64
  ) -> Event? {
    if case .close(let code) = event {
      closed(code, now)
      return nil
    }
    // What comes before the join header has gone cannot be about it.
    if phase == .joinUnconfirmed { enter(.joined, now) }
    switch event {
    case .message(let kind): return .message(kind)
    case .chunk: return .chunk
    case .ping:
      // The server's are empty. It cannot have replayed anything as long as the join header has not gone.
      let canBeTheServers =
        phase == .joined && connection.control.isEmpty
        && now >= after(upgradedMilliseconds, timeouts.replayMilliseconds)
      if canBeTheServers { hasReplayEnded = true }
      return canBeTheServers ? .serverPing : .ping
    case .pong, .close: return nil
    }
  }

  /// The server's Close. Before the join is confirmed it is a refusal, and its time tells which.
  private mutating func closed(_ code: CloseCode?, _ now: UInt64) {
    switch phase {
    case .joinUnconfirmed:
      guard code == nil else {
        // The server refuses with an empty Close; this is something else, on the way or at its end.
        close(.closedByServer(code), now)
        return
      }
      let isAtOnce = now < after(upgradedMilliseconds, timeouts.refusalAtOnceMilliseconds)
      close(isAtOnce ? .identityInUse : .joinRefused, now)
    case .closing:
      // The server, or a proxy, ends the connection on its own account when another Close than a normal one crosses ours:
      // that one answers nothing.
      if code != .normal { joinedMilliseconds = nil }
      enter(.closing, now)
    default: close(.closedByServer(code), now)
    }
  }
}
