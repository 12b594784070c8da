import Bytes
import HAL
import Mles
import TLS
import WebSocket

extension ChannelClient where Socket: ~Copyable, Security: ~Copyable {
  /// Whether TLS is set up, so that the session's bytes can pass.
  var isCarryingBytes: Bool { session.phase.isWithin(.upgrading, .closing) && tls.exists }

  mutating func open() throws(TransportFailure) {
    do throws(SocketError) {
      try socket.open(host: endpoint.host, port: endpoint.port)
      isSocketOpen = true
    } catch { throw .socket(error) }
  }

  @inline(never)
  mutating func closeTransport() {
    guard isSocketOpen else { return }
    tls.close(over: &socket)
    tls.remove()
    socket.close()
    isSocketOpen = false
    (inputStart, inputEnd, isInputUsedUp) = (0, 0, true)
  }

  mutating func fail(_ failure: TransportFailure, _ now: UInt64) {
    lastFailure = failure
    failureWords.clear()
    var writer = ByteWriter(failureWords.space)
    if case .tls = failure, tls.exists {
      tls.describeFailure(to: &writer)
    } else {
      failure.describe(to: &writer)
    }
    let count = min(writer.requiredCount, writer.capacity)
    failureWords.commit(count)
    session.transportEnded(failure.kind, nowMilliseconds: now)
  }

  /// Takes the connection from the name to the open TLS session, as far as it goes now.
  mutating func advance<Entropy: EntropySource & ~Copyable>(
    _ entropy: inout Entropy, _ now: UInt64
  ) throws(TransportFailure) {
    if session.phase.isWithin(.resolving, .connecting) { try connect(now) }
    if session.phase == .securing { try secure(&entropy, now) }
  }

  private mutating func connect(_ now: UInt64) throws(TransportFailure) {
    let status: SocketStatus
    do throws(SocketError) { status = try socket.status() } catch { throw .socket(error) }
    switch status {
    case .closed: throw .socket(.notConnected)
    case .resolving: break
    case .connecting: session.transportIsConnecting(nowMilliseconds: now)
    case .connected:
      do throws(TLSError) {
        try startTLS()
      } catch { throw .tls(error) }
      if let wallMilliseconds { tls.useTime(wallMilliseconds: wallMilliseconds) }
      session.transportIsSecuring(nowMilliseconds: now)
    }
  }

  private mutating func startTLS() throws(TLSError) {
    if !hasResumption { resumption = try TLSResumption() }
    switch resumption {
    case .some(let ticket):
      try tls.start(client: configuration, serverName: endpoint.host, resumption: ticket)
    case .none: break
    }
  }

  private mutating func secure<Entropy: EntropySource & ~Copyable>(
    _ entropy: inout Entropy, _ now: UInt64
  ) throws(TransportFailure) {
    do throws(TLSError) {
      guard try tls.handshake(over: &socket) else {
        hasMoreInput = isHoldingInput
        return
      }
    } catch { throw .tls(error) }
    (tlsVersion, isResumed) = tls.agreement
    handshakeCount &+= 1
    if isResumed { resumedCount &+= 1 }
    let nonce = try Self.random(from: &entropy)
    session.transportIsOpen(
      host: endpoint.host, port: endpoint.port, target: endpoint.target, nonce: nonce, nowMilliseconds: now)
  }

  /// Moves messages from the outbox to the session, and the session's bytes to the socket, until one is empty or the
  /// other full.
  mutating func sendAll<let bytes: Int, let messages: Int>(
    _ outbox: inout Outbox<bytes, messages>, _ now: UInt64
  ) throws(TransportFailure) {
    if outbox.isInDoubt, session.canSend, session.isReplayOver(nowMilliseconds: now) { outbox.settleDoubt() }
    var wasWritten = true
    while wasWritten {
      fillSession(from: &outbox, now)
      if leavesWhenSent, session.phase == .joined, !session.hasOutput, outbox.isAllSent, try flush() {
        session.leave(nowMilliseconds: now)
      }
      wasWritten = try writeOutput(now)
    }
    _ = try flush()
  }

  /// Sends what TLS holds; true when all has gone.
  private mutating func flush() throws(TransportFailure) -> Bool {
    do throws(TLSError) { return try tls.flush(over: &socket) } catch { throw .tls(error) }
  }

  /// What an event says about the messages that were sent: that it is one of them, replayed, or that the server still reads.
  mutating func learn<let bytes: Int, let messages: Int>(
    from event: ChannelSession.Event, _ outbox: inout Outbox<bytes, messages>, _ now: UInt64
  ) {
    switch event {
    case .message(let kind): _ = outbox.recognize(session.message, kind: kind)
    // The server's count of what it has not heard goes on with its Pings; other frames may have waited for long.
    case .serverPing: outbox.confirmSent(before: now &- UInt64(extending: session.timeouts.confirmationMilliseconds))
    case .chunk, .ping: break
    }
  }

  private mutating func fillSession<let bytes: Int, let messages: Int>(
    from outbox: inout Outbox<bytes, messages>, _ now: UInt64
  ) {
    while outbox.hasNext, session.send(outbox.next, kind: outbox.nextKind, nowMilliseconds: now) {
      outbox.markSent(nowMilliseconds: now)
    }
  }

  /// Writes what the session has; false when there is nothing, or no room.
  private mutating func writeOutput(_ now: UInt64) throws(TransportFailure) -> Bool {
    guard !session.output.isEmpty else { return false }
    do throws(TLSError) {
      let count = try tls.write(session.output, over: &socket)
      session.consumeOutput(count, nowMilliseconds: now)
      return count > 0
    } catch { throw .tls(error) }
  }

  /// The next event from the bytes that have arrived, read in pieces.
  mutating func receiveNext(_ now: UInt64) throws(TransportFailure) -> ChannelSession.Event? {
    var reads = 0
    while reads < Self.readsPerCall, session.wantsTransport {
      if isInputUsedUp {
        guard try readInput(now) else { return nil }
        reads &+= 1
      }
      var arrived = input.mutableSpan._consumingExtracting(0..<inputEnd)
      let event = session.receive(&arrived, position: &inputStart, nowMilliseconds: now)
      // The session may keep a place in this input although `inputStart` is at its end: only nil says that it is done.
      isInputUsedUp = event == nil
      if let event { return event }
    }
    hasMoreInput = session.wantsTransport
    return nil
  }

  private mutating func readInput(_ now: UInt64) throws(TransportFailure) -> Bool {
    var space = input.mutableSpan
    let result: ReadResult
    do throws(TLSError) {
      result = try tls.read(into: &space, over: &socket)
    } catch { throw .tls(error) }
    switch result {
    case .bytes(let count):
      (inputStart, inputEnd) = (0, count)
      return true
    case .wouldBlock:
      hasMoreInput = isHoldingInput
      return false
    case .end:
      session.transportEnded(nil, nowMilliseconds: now)
      return false
    }
  }

  static func random<Entropy: EntropySource & ~Copyable>(
    from entropy: inout Entropy
  ) throws(TransportFailure) -> InlineArray<16, UInt8> {
    var bytes = InlineArray<16, UInt8>(repeating: 0)
    var span = bytes.mutableSpan
    do throws(EntropyError) { try entropy.fill(&span) } catch { throw .entropy(error) }
    return bytes
  }
}

extension InlineArray where Element == UInt8 {
  /// Eight bytes from `offset` on as a number.
  func number(at offset: Int) -> UInt64 {
    var value: UInt64 = 0
    for index in offset..<(offset &+ 8) { value = value &<< 8 | UInt64(extending: self[index]) }
    return value
  }
}
