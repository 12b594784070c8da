import HAL

/// The way bytes go.
enum Direction: Int {
  /// To the server.
  case up
  /// To the client.
  case down
}

/// A simulated TCP connection, as the network sees it: how far it has come, and the bytes on their way.
final class VirtualConnection {
  enum Phase: Equatable {
    case resolving
    case connecting
    case open
    case failed(SocketError)
  }

  /// What the server's send buffer and the client's receive buffer hold together.
  static let serverCapacity = 131_072

  /// Its place in the network's table.
  let slot: Int
  /// Never the same twice.
  let serial: Int
  let port: ClientPort
  let openedMilliseconds: UInt64
  var phase = Phase.resolving
  let up: Pipe
  let down: Pipe
  /// The client has closed it, or knows of it no more.
  var isClosedByClient = false
  /// The client has lost its power, so that what comes for this connection is answered with RST, if at all.
  var isForgottenByClient = false
  /// The server process has closed it, or knows of it no more.
  var isClosedByServer = false
  /// Events that name it; its slot stays its own as long as there are any.
  var pendingEvents = 0
  /// The server's side, once it was accepted.
  var serverSide: ServerConnection?

  // What checkers need to know about it.

  /// When the client last read a byte of it; when it was connected, before.
  var lastReadMilliseconds: UInt64 = 0
  /// Since when the client's writes find no room; nil when the last one did.
  var blockedSinceMilliseconds: UInt64?

  init(slot: Int, serial: Int, port: ClientPort, nowMilliseconds: UInt64) {
    self.slot = slot
    self.serial = serial
    self.port = port
    openedMilliseconds = nowMilliseconds
    up = Pipe(capacity: port.sendCapacity)
    down = Pipe(capacity: Self.serverCapacity)
  }

  subscript(direction: Direction) -> Pipe { direction == .up ? up : down }

  /// Something does not arrive any more.
  var isHarmed: Bool { up.isSevered || down.isSevered || up.isCut || down.isCut }
}
