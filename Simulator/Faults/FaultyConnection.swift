import HAL

/// One connection with faults, from the first SYN until nothing of it is on its way any more, which may be long after its
/// client has closed it.
final class FaultyConnection<Wrapped: PolledSocket & ~Copyable> {
  private enum Phase {
    /// The SYN is on its way.
    case dialing(host: [UInt8], port: UInt16, untilMilliseconds: UInt64)
    /// The wrapped socket looks the name up, or connects.
    case opening(SocketStatus)
    /// The answer, good or bad, is on its way back.
    case answering(SocketError?, untilMilliseconds: UInt64)
    case established
    case failed(SocketError)
    case closed
  }

  private var socket: Wrapped
  private var phase: Phase
  private var transit: Transit
  private var incoming = DelayLine()
  private var outgoing = DelayLine()
  /// The kernel takes no more of what has arrived there.
  private var isBlocked = false
  /// The other side has gone, so that bytes have nowhere to go.
  private var isBroken = false
  /// The client has closed it.
  private var isClosing = false
  /// Nothing passes any more, and nobody knows.
  private(set) var isCut = false

  /// Starts a connection to `host` by `socket`, which is closed.
  init(_ socket: consuming Wrapped, host: Span<UInt8>, port: UInt16, transit: Transit, nowMilliseconds now: UInt64) {
    self.socket = socket
    self.transit = transit
    let arrival = self.transit.arrival(sentAtMilliseconds: now)
    phase = .dialing(host: host.withUnsafeBufferPointer { Array($0) }, port: port, untilMilliseconds: arrival)
  }

  var isClosed: Bool { if case .closed = phase { true } else { false } }
  var hasFailed: Bool { if case .failed = phase { true } else { false } }

  /// Tries at which a segment did not arrive, since the last call.
  func takeLossCount() -> Int { transit.takeLossCount() }

  // MARK: Faults

  /// RST, to both sides: what is on its way is lost.
  func reset() {
    socket.abort()
    loseBytes()
    phase = .failed(.reset)
  }

  /// From now on nothing passes: what is on its way is lost too.
  func cut() {
    loseBytes()
    (isCut, isBroken) = (true, false)
  }

  private func loseBytes() {
    incoming.removeAll()
    outgoing.removeAll()
  }

  // MARK: The client's side

  func status() throws(SocketError) -> SocketStatus {
    switch phase {
    case .dialing, .answering: return .connecting
    case .opening(let status): return status
    case .established: return .connected
    case .failed(let error): throw error
    case .closed: return .closed
    }
  }

  func read(into output: inout MutableSpan<UInt8>, _ now: UInt64) throws(SocketError) -> ReadResult {
    try checkEstablished()
    var count = 0
    while count < output.count, let bytes = incoming.arrived(now) {
      let taken = min(bytes.count, output.count - count)
      for byte in bytes.prefix(taken) {
        output[count] = byte
        count += 1
      }
      incoming.consume(taken)
    }
    if count > 0 || output.isEmpty { return count > 0 ? .bytes(count) : .wouldBlock }
    switch incoming.arrivedEnd(now) {
    case .finished: return .end
    case .failed(let error): throw error
    case nil: return .wouldBlock
    }
  }

  func write(_ bytes: Span<UInt8>, _ now: UInt64) throws(SocketError) -> Int {
    try checkEstablished()
    if case .failed(let error) = incoming.arrivedEnd(now) { throw error }
    let count = min(bytes.count, outgoing.freeByteCount)
    guard !isBroken else { return count }
    let taken = bytes.extracting(0..<count).withUnsafeBufferPointer { Array($0) }
    var rest = taken[...]
    while !rest.isEmpty {
      // A cut line takes bytes like a kernel whose packets nobody acknowledges: until it is full.
      let arrival = isCut ? .max : arrival(behind: outgoing, now)
      outgoing.append(rest.prefix(Transit.segmentByteCountMax), arrivalMilliseconds: arrival)
      rest = rest.dropFirst(Transit.segmentByteCountMax)
    }
    send(now)
    return count
  }

  private func checkEstablished() throws(SocketError) {
    switch phase {
    case .established: return
    case .failed(let error): throw error
    case .dialing, .opening, .answering, .closed: throw .notConnected
    }
  }

  /// The client has no more use for the connection. What it wrote, and FIN, still travel; a cut one just stays. To be
  /// kept until it `isClosed`.
  func close(_ now: UInt64) {
    incoming.removeAll()
    switch phase {
    case .established where !isCut:
      outgoing.append(.finished, arrivalMilliseconds: arrival(behind: outgoing, now))
      isClosing = true
      advance(now)
    case .opening, .answering, .established: if !isCut { abandon() }
    case .dialing, .failed, .closed: abandon()
    }
  }

  /// Ends it as the operating system would.
  func abandon() {
    socket.close()
    loseBytes()
    phase = .closed
  }

  // MARK: The wrapped socket's side

  /// Does what is due on the side of the wrapped socket.
  func advance(_ now: UInt64) {
    guard !isCut else { return }
    connect(now)
    guard case .established = phase else { return }
    // Read first: why the other side has gone is lost once a write has failed.
    if !isClosing { receive(now) }
    send(now)
    if isClosing, isBroken || outgoing.arrivedEnd(now) != nil { abandon() }
  }

  /// Goes from the SYN to the connection, as far as it is time.
  private func connect(_ now: UInt64) {
    if case .dialing(let host, let port, let time) = phase, time <= now {
      phase = .opening(.resolving)
      do throws(SocketError) { try socket.open(host: host.span, port: port) } catch { phase = .failed(error) }
    }
    if case .opening = phase {
      do throws(SocketError) {
        let status = try socket.status()
        if status == .connected { answer(nil, now) } else { phase = .opening(status) }
      } catch { answer(error, now) }
    }
    if case .answering(let error, let time) = phase, time <= now {
      phase = error.map { .failed($0) } ?? .established
    }
  }

  private func answer(_ error: SocketError?, _ now: UInt64) {
    phase = .answering(error, untilMilliseconds: transit.arrival(sentAtMilliseconds: now))
  }

  /// Whether a whole segment can be taken in.
  private var isTakingIn: Bool {
    !isClosing && !incoming.isEnding && incoming.freeByteCount >= Transit.segmentByteCountMax
  }

  private func receive(_ now: UInt64) {
    while isTakingIn {
      var segment = [UInt8](repeating: 0, count: Transit.segmentByteCountMax)
      var space = segment.mutableSpan
      do throws(SocketError) {
        switch try socket.read(into: &space) {
        case .bytes(let count):
          incoming.append(segment.prefix(count), arrivalMilliseconds: arrival(behind: incoming, now))
        case .wouldBlock: return
        case .end: incoming.append(.finished, arrivalMilliseconds: arrival(behind: incoming, now))
        }
      } catch { breakDown(error, now) }
    }
  }

  private func send(_ now: UInt64) {
    isBlocked = false
    while !isBlocked, let bytes = outgoing.arrived(now) {
      do throws(SocketError) {
        let count = try socket.write(bytes.span)
        outgoing.consume(count)
        isBlocked = count < bytes.count
      } catch { return breakDown(error, now) }
    }
  }

  /// The other side has gone; the client hears of it behind what has come before.
  private func breakDown(_ error: SocketError, _ now: UInt64) {
    isBroken = true
    outgoing.removeAll()
    incoming.append(.failed(error), arrivalMilliseconds: arrival(behind: incoming, now))
  }

  /// When a segment arrives that is sent now behind what is on its way.
  private func arrival(behind line: DelayLine, _ now: UInt64) -> UInt64 {
    transit.arrival(sentAtMilliseconds: now, behind: line.lastArrivalMilliseconds)
  }

  /// Adds what has to happen before `advance` or a client that wants to read or write has something to do.
  func addInterests(to interests: inout LoopInterests, reading: Bool = false, writing: Bool = false) {
    switch phase {
    case .dialing(_, _, let time), .answering(_, let time):
      if !isCut { interests.wake(atMilliseconds: time) }
    case .opening: if !isCut { socket.addInterests(to: &interests, reading: true, writing: false) }
    case .failed: if reading || writing { interests.wake(atMilliseconds: 0) }
    case .closed: break
    case .established:
      if reading { interests.wake(atMilliseconds: incoming.nextArrivalMilliseconds) }
      if !isBlocked { interests.wake(atMilliseconds: outgoing.nextArrivalMilliseconds) }
      if writing, outgoing.freeByteCount > 0 { interests.wake(atMilliseconds: 0) }
      if !isCut { socket.addInterests(to: &interests, reading: isTakingIn, writing: isBlocked) }
    }
  }
}
