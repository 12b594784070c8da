public import HAL

/// A socket whose connections have faults. Without a network it is the wrapped socket, and costs one comparison a call.
public struct FaultySocket<Wrapped: PolledSocket & ~Copyable>: PolledSocket, ~Copyable {
  /// Used where there are no faults.
  private var plain: Wrapped
  private let path: FaultyPath<Wrapped>?

  /// A socket without faults.
  public init(_ socket: consuming Wrapped) {
    plain = socket
    path = nil
  }

  init(_ socket: consuming Wrapped, path: FaultyPath<Wrapped>) {
    plain = socket
    self.path = path
  }

  /// Starts a connection; with faults, an error of the wrapped socket comes with `status()`.
  public mutating func open(host: Span<UInt8>, port: UInt16) throws(SocketError) {
    if let path { path.open(host: host, port: port) } else { try plain.open(host: host, port: port) }
  }

  /// How far the connection has come.
  public mutating func status() throws(SocketError) -> SocketStatus {
    if let path { return try path.status() }
    return try plain.status()
  }

  /// Reads what has arrived.
  public mutating func read(into output: inout MutableSpan<UInt8>) throws(SocketError) -> ReadResult {
    if let path { return try path.read(into: &output) }
    return try plain.read(into: &output)
  }

  /// Hands over as many bytes as there is room for.
  public mutating func write(_ bytes: Span<UInt8>) throws(SocketError) -> Int {
    if let path { return try path.write(bytes) }
    return try plain.write(bytes)
  }

  /// Ends the connection; with faults, what was handed over still travels.
  public mutating func close() {
    if let path { path.close() } else { plain.close() }
  }

  /// Ends the connection by RST.
  public mutating func abort() {
    if let path { path.abort() } else { plain.abort() }
  }

  /// Adds what has to happen before a call has news. With faults, does what is due first, whether the client calls or not.
  public func addInterests(to interests: inout LoopInterests, reading: Bool, writing: Bool) {
    if let path {
      path.addInterests(to: &interests, reading: reading, writing: writing)
    } else {
      plain.addInterests(to: &interests, reading: reading, writing: writing)
    }
  }
}

/// The way of one board to its server: one connection after the other, and the faults that befall them.
final class FaultyPath<Wrapped: PolledSocket & ~Copyable> {
  private let name: String
  private let network: FaultyNetwork<Wrapped>
  private var schedule: FaultSchedule
  private var transit: Transit
  private var connection: FaultyConnection<Wrapped>?

  init(_ name: String, number: UInt64, network: FaultyNetwork<Wrapped>) {
    self.name = name
    self.network = network
    let seed = SplitMix64(seed: network.seed, stream: number).state
    schedule = FaultSchedule(network.profile, seed: seed, startMilliseconds: network.startMilliseconds)
    transit = Transit(network.profile, seed: seed, startMilliseconds: network.startMilliseconds)
  }

  func open(host: Span<UInt8>, port: UInt16) {
    close()
    let now = advance()
    connection = FaultyConnection(
      network.makeWrapped(), host: host, port: port, transit: transit.split(), nowMilliseconds: now)
  }

  func status() throws(SocketError) -> SocketStatus {
    _ = advance()
    return try connection?.status() ?? .closed
  }

  func read(into output: inout MutableSpan<UInt8>) throws(SocketError) -> ReadResult {
    let now = advance()
    guard let connection else { throw .notConnected }
    return try connection.read(into: &output, now)
  }

  func write(_ bytes: Span<UInt8>) throws(SocketError) -> Int {
    let now = advance()
    guard let connection else { throw .notConnected }
    return try connection.write(bytes, now)
  }

  func close() {
    guard let connection else { return }
    let now = advance()
    connection.close(now)
    if !connection.isClosed { network.keep(connection, now) }
    network.counters.losses += connection.takeLossCount()
    self.connection = nil
  }

  func abort() {
    connection?.reset()
    close()
  }

  func addInterests(to interests: inout LoopInterests, reading: Bool, writing: Bool) {
    _ = advance()
    guard let connection else { return }
    connection.addInterests(to: &interests, reading: reading, writing: writing)
    if !connection.isCut { interests.wake(atMilliseconds: schedule.nextMilliseconds) }
  }

  /// Does what is due, and returns the time.
  private func advance() -> UInt64 {
    let now = network.nowMilliseconds()
    while let fault = schedule.takeDue(now) { strike(fault) }
    if let connection {
      connection.advance(now)
      network.counters.losses += connection.takeLossCount()
    }
    return now
  }

  /// A fault without a connection, or on a dead one, changes nothing.
  private func strike(_ fault: FaultSchedule.Fault) {
    guard let connection, !connection.isCut, !connection.hasFailed else { return }
    switch fault {
    case .reset:
      connection.reset()
      network.counters.resets += 1
      network.report("\(name): fault: connection reset")
    case .cut:
      connection.cut()
      network.counters.cuts += 1
      network.report("\(name): fault: connection cut, nothing passes any more")
    }
  }
}
