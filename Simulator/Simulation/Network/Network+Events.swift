import HAL

// What happens to connections in time.
extension Network {
  func nameAnswered(_ event: WorldEvent) {
    guard let connection = take(event) else { return }
    defer { releaseIfUnused(connection) }
    guard !connection.isClosedByClient, connection.phase == .resolving else { return }
    let port = connection.port
    if port.isOut {
      // The question is repeated.
      return schedule(.nameAnswered, connection, at: retransmission(port))
    }
    switch port.nameService {
    case .isSilent: return
    case .fails:
      world.note(.nameFailed, port.index, connection.serial)
      connection.phase = .failed(.nameNotFound(code: -3))
    case .works:
      world.note(.nameFound, port.index, connection.serial)
      connection.phase = .connecting
      schedule(.connectionRequest, connection, at: world.now + delay(port), value: 1)
    }
    port.client?.socketIsReady()
  }

  func connectionRequested(_ event: WorldEvent) {
    guard let connection = take(event) else { return }
    defer { releaseIfUnused(connection) }
    guard !connection.isClosedByClient, connection.phase == .connecting else { return }
    let tries = Int(event.value)
    guard !connection.port.isOut, !world.server.isHostDown else {
      guard tries < Self.connectTriesMax else { return }
      let pause = Self.connectRetryMilliseconds << UInt64(tries - 1)
      return schedule(.connectionRequest, connection, at: world.now + pause, value: tries + 1)
    }
    let isAccepted = world.server.accept(connection)
    schedule(.connectionAnswer, connection, at: world.now + delay(connection.port), value: isAccepted ? 1 : 0)
  }

  func connectionAnswered(_ event: WorldEvent) {
    guard let connection = take(event) else { return }
    defer { releaseIfUnused(connection) }
    let port = connection.port
    guard !connection.isClosedByClient else {
      if !connection.isClosedByServer, event.value == 1 { end(connection) }
      return
    }
    guard !port.isOut else {
      return schedule(.connectionAnswer, connection, at: retransmission(port), value: Int(event.value))
    }
    if event.value == 1 {
      connection.phase = .open
      connection.lastReadMilliseconds = world.now
      world.note(.connected, port.index, connection.serial)
    } else {
      connection.phase = .failed(.refused)
      world.note(.connectRefused, port.index, connection.serial)
    }
    port.client?.socketIsReady()
  }

  /// The client gave up before it was connected: RST for the server.
  private func end(_ connection: VirtualConnection) {
    schedule(.reset, connection, at: world.now + delay(connection.port), value: Direction.up.rawValue)
  }

  func segmentArrived(_ event: WorldEvent) {
    guard let connection = take(event) else { return }
    defer { releaseIfUnused(connection) }
    let direction: Direction = event.value & 1 == 0 ? .up : .down
    let pipe = connection[direction]
    guard isPassing(event, .segment, connection, pipe) else { return }
    guard isKnown(connection, at: direction) else { return answerWithReset(connection, direction) }
    pipe.arrive(Int(event.value >> 1))
    if direction == .up {
      connection.serverSide?.bytesHaveArrived()
    } else {
      connection.port.client?.socketIsReady()
    }
  }

  func finishArrived(_ event: WorldEvent) {
    guard let connection = take(event) else { return }
    defer { releaseIfUnused(connection) }
    let direction: Direction = event.value == 0 ? .up : .down
    let pipe = connection[direction]
    guard isKnown(connection, at: direction), isPassing(event, .finish, connection, pipe) else { return }
    if pipe.heldCount > pipe.arrivedCount {
      // Bytes before it are still on their way.
      let next = max(pipe.lastArrivalMilliseconds, world.now + 1)
      pipe.lastArrivalMilliseconds = next
      return schedule(.finish, connection, at: next, value: direction.rawValue)
    }
    pipe.hasFinished = true
    world.note(.finish, connection.port.index, connection.serial, direction.rawValue)
    if direction == .up {
      connection.serverSide?.streamHasEnded()
    } else {
      connection.port.client?.socketIsReady()
    }
  }

  func resetArrived(_ event: WorldEvent) {
    guard let connection = take(event) else { return }
    defer { releaseIfUnused(connection) }
    let direction: Direction = event.value == 0 ? .up : .down
    guard !connection.port.isOut, !(direction == .up && world.server.isHostDown) else { return }
    guard isKnown(connection, at: direction), !connection[direction].wasReset else { return }
    connection[direction].wasReset = true
    world.note(.reset, connection.port.index, connection.serial, direction.rawValue)
    if direction == .up {
      connection.serverSide?.wasReset()
    } else {
      connection.port.client?.socketIsReady()
    }
  }

  func roomFound(_ event: WorldEvent) {
    guard let connection = take(event) else { return }
    defer { releaseIfUnused(connection) }
    let direction: Direction = event.value == 0 ? .up : .down
    guard isPassing(event, .room, connection, connection[direction]) else { return }
    if direction == .up {
      if !connection.isClosedByClient { connection.port.client?.socketIsReady() }
    } else {
      connection.serverSide?.hasRoom()
    }
  }

  /// False when what arrives is lost for ever, or comes later: then it is scheduled again.
  private func isPassing(
    _ event: WorldEvent, _ kind: WorldEvent.Kind, _ connection: VirtualConnection, _ pipe: Pipe
  ) -> Bool {
    guard !pipe.isSevered else { return false }
    let port = connection.port
    guard port.isOut || world.server.isHostDown else { return true }
    // Nobody waits for it any more; without this it would be sent for as long as the outage lasts.
    guard !connection.isClosedByClient || !connection.isClosedByServer else { return false }
    let next = max(retransmission(port), world.server.hostStartsMilliseconds)
    pipe.slowestMilliseconds = max(pipe.slowestMilliseconds, next - world.now + pipe.slowestMilliseconds)
    pipe.lastArrivalMilliseconds = max(pipe.lastArrivalMilliseconds, next)
    schedule(kind, connection, at: next, value: Int(event.value))
    return false
  }

  /// Whether the one that the bytes come to still has the connection.
  private func isKnown(_ connection: VirtualConnection, at direction: Direction) -> Bool {
    direction == .up ? !connection.isClosedByServer : !connection.isClosedByClient
  }

  private func answerWithReset(_ connection: VirtualConnection, _ direction: Direction) {
    let port = connection.port
    if direction == .down, connection.isForgottenByClient, !world.isPowered(port.index) { return }
    let opposite: Direction = direction == .up ? .down : .up
    let pipe = connection[opposite]
    guard !pipe.isSevered, !pipe.isCut, isKnown(connection, at: opposite) else { return }
    // It does not overtake the bytes that were sent before: out of its place it would be ignored.
    pipe.lastArrivalMilliseconds = max(pipe.lastArrivalMilliseconds, world.now + delay(port))
    schedule(.reset, connection, at: pipe.lastArrivalMilliseconds, value: opposite.rawValue)
  }
}
