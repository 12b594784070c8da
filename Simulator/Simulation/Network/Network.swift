import HAL

/// The simulated network between the clients and the server: delays, loses (so that a retransmission brings it later),
/// cuts and resets, but never changes or reorders what a TCP connection carries.
final class Network {
  /// From one transmission of a segment to the next, the first time; then twice as long each time.
  static let retransmissionMilliseconds: UInt64 = 200
  /// From the first SYN to the next.
  static let connectRetryMilliseconds: UInt64 = 1_000
  /// SYNs sent at most.
  static let connectTriesMax = 7

  unowned(unsafe) let world: World
  private(set) var connections: [VirtualConnection?] = []
  private var freeSlots: [Int] = []
  private var serials = 0

  init(world: World) { self.world = world }

  // MARK: What a client does

  func open(_ port: ClientPort) {
    serials += 1
    let slot = freeSlots.popLast() ?? connections.count
    if slot == connections.count { connections.append(nil) }
    let connection = VirtualConnection(slot: slot, serial: serials, port: port, nowMilliseconds: world.now)
    connections[slot] = connection
    port.connection = connection
    port.lastConnection = connection
    world.note(.opens, port.index, serials)
    world.checkers.opened(port.index)
    guard port.nameService != .isSilent else { return }
    // Often the answer is known already.
    let answer = port.random.chance(700_000) ? 0 : 2 * port.delayMilliseconds + port.random.below(100 as UInt64)
    schedule(.nameAnswered, connection, at: world.now + answer)
  }

  func read(_ connection: VirtualConnection, into target: UnsafeMutableBufferPointer<UInt8>) -> Int {
    let count = connection.down.read(into: target, limit: connection.port.splitLimit())
    guard count > 0 else { return 0 }
    connection.lastReadMilliseconds = world.now
    tellWriter(connection, .down)
    return count
  }

  func write(_ connection: VirtualConnection, _ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    guard !bytes.isEmpty else { return 0 }
    let count = connection.up.write(bytes, limit: connection.port.splitLimit())
    if count > 0 {
      connection.blockedSinceMilliseconds = nil
      transmit(connection, .up, count)
    } else {
      connection.up.isWriterWaiting = true
      connection.blockedSinceMilliseconds = connection.blockedSinceMilliseconds ?? world.now
    }
    return count
  }

  func closeByClient(_ connection: VirtualConnection) {
    guard !connection.isClosedByClient else { return }
    connection.isClosedByClient = true
    connection.port.connection = nil
    if connection.phase == .open, !connection.down.wasReset {
      world.note(.clientCloses, connection.port.index, connection.serial, connection.down.arrivedCount)
      // TCP answers with RST, in place of FIN, where bytes were not read.
      let kind: WorldEvent.Kind = connection.down.arrivedCount > 0 ? .reset : .finish
      end(connection, .up, kind)
    }
    releaseIfUnused(connection)
  }

  /// The client loses its power: no word to the server.
  func forget(_ port: ClientPort) {
    guard let connection = port.connection else { return }
    connection.isClosedByClient = true
    connection.isForgottenByClient = true
    port.connection = nil
    releaseIfUnused(connection)
  }

  // MARK: What the server does

  func writeByServer(_ connection: VirtualConnection, _ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    let count = connection.down.write(bytes, limit: .max)
    if count > 0 { transmit(connection, .down, count) }
    if count < bytes.count { connection.down.isWriterWaiting = true }
    return count
  }

  /// The server has read: there is room for the client's writes.
  func serverHasRead(_ connection: VirtualConnection) { tellWriter(connection, .up) }

  /// `how` is `.finish` or `.reset`.
  func closeByServer(_ connection: VirtualConnection, _ how: WorldEvent.Kind) {
    guard !connection.isClosedByServer else { return }
    connection.isClosedByServer = true
    connection.serverSide = nil
    world.note(.serverCloses, connection.port.index, connection.serial, connection.down.heldCount)
    end(connection, .down, how)
    releaseIfUnused(connection)
  }

  /// The server's computer has lost its power: no word to the client.
  func forgetByServer(_ connection: VirtualConnection) {
    connection.isClosedByServer = true
    connection.serverSide = nil
    releaseIfUnused(connection)
  }

  // MARK: What faults do

  /// A box on the way sends RST to one end or both.
  func reset(_ connection: VirtualConnection, _ direction: Direction) {
    schedule(.reset, connection, at: world.now + connection.port.delayMilliseconds, value: direction.rawValue)
  }

  // MARK: Events

  func schedule(_ kind: WorldEvent.Kind, _ connection: VirtualConnection, at time: UInt64, value: Int = 0) {
    connection.pendingEvents += 1
    world.events.insert(kind, at: time, target: connection.slot, value: value)
  }

  /// The connection that an event is about.
  func take(_ event: WorldEvent) -> VirtualConnection? {
    guard let connection = connections[Int(event.target)] else { return nil }
    connection.pendingEvents -= 1
    return connection
  }

  func releaseIfUnused(_ connection: VirtualConnection) {
    guard connection.pendingEvents == 0, connection.isClosedByClient else { return }
    guard connection.isClosedByServer || connection.serverSide == nil else { return }
    guard connections[connection.slot] === connection else { return }
    connections[connection.slot] = nil
    freeSlots.append(connection.slot)
  }

  /// Lets go of the server's side of each connection; nothing works afterwards.
  func takeApart() {
    for connection in connections { connection?.serverSide = nil }
    connections = []
  }

  // MARK: Segments

  private func transmit(_ connection: VirtualConnection, _ direction: Direction, _ count: Int) {
    let pipe = connection[direction]
    guard !pipe.isSevered, !pipe.isCut else { return }
    var passing = count
    let cut = cutShort(connection, pipe, &passing)
    let arrival = max(pipe.lastArrivalMilliseconds, world.now + delay(connection.port))
    pipe.lastArrivalMilliseconds = arrival
    pipe.slowestMilliseconds = max(pipe.slowestMilliseconds, arrival - world.now)
    if passing > 0 { schedule(.segment, connection, at: arrival, value: passing << 1 | direction.rawValue) }
    guard cut == .reset else { return }
    schedule(.reset, connection, at: arrival, value: Direction.up.rawValue)
    schedule(.reset, connection, at: arrival, value: Direction.down.rawValue)
  }

  /// Where a cut comes within the next `count` bytes: ends both directions, and returns what happens then.
  private func cutShort(_ connection: VirtualConnection, _ pipe: Pipe, _ count: inout Int) -> Pipe.Cut? {
    guard let remaining = pipe.remainingCount else { return nil }
    guard count >= remaining else {
      pipe.remainingCount = remaining - count
      return nil
    }
    count = remaining
    (connection.up.remainingCount, connection.down.remainingCount) = (nil, nil)
    (connection.up.isCut, connection.down.isCut) = (true, true)
    world.note(.severed, connection.port.index, connection.serial, 10 + Int(pipe.cut.rawValue))
    world.checkers.disturbed(connection.port.index, noticedMilliseconds: Checkers.silenceMilliseconds)
    return pipe.cut
  }

  func delay(_ port: ClientPort) -> UInt64 {
    var delay = port.delayMilliseconds + port.extraDelayMilliseconds
    if port.jitterMilliseconds > 0 { delay += port.random.below(port.jitterMilliseconds + 1) }
    var retransmission = Self.retransmissionMilliseconds
    while port.random.chance(port.lossPerMillion), retransmission < 10_000 {
      delay += retransmission
      retransmission *= 2
    }
    return delay
  }

  /// When what was sent during an outage is sent again, after its end: TCP tries at growing distances.
  func retransmission(_ port: ClientPort) -> UInt64 {
    let end = max(port.outageEndMilliseconds, world.now)
    return end + Self.retransmissionMilliseconds + port.random.below(3_000 as UInt64)
  }

  private func end(_ connection: VirtualConnection, _ direction: Direction, _ kind: WorldEvent.Kind) {
    let pipe = connection[direction]
    guard !pipe.isSevered, !pipe.isCut else { return }
    pipe.isFinished = true
    let arrival = max(pipe.lastArrivalMilliseconds, world.now + delay(connection.port))
    schedule(kind, connection, at: arrival, value: direction.rawValue)
  }

  /// Bytes were read: a writer that found no room hears of it a while later.
  private func tellWriter(_ connection: VirtualConnection, _ direction: Direction) {
    guard connection[direction].isWriterWaiting else { return }
    connection[direction].isWriterWaiting = false
    schedule(.room, connection, at: world.now + delay(connection.port), value: direction.rawValue)
  }
}
