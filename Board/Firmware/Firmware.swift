import Bytes
import CBoard
import Device
import HAL
import Mles
import TLS

/// The node of a board.
typealias BoardNode = Node<BoardSocket, ClientTLSSession, BoardSensor, HardwareSystem>

/// Where the board starts the firmware; does not return.
@c @implementation public func firmware_main() {
  Report.start()
  Firmware.run(Firmware.readSettings())
}

/// From the start to the node's loop.
enum Firmware {
  /// The version of this firmware, in the first line of the log.
  static var version: StaticString { "0.1.0" }

  /// The settings, read again and again until they are as they should be.
  static func readSettings() -> Settings {
    while true {
      if let settings = Settings.read() { return settings }
      waitForSettings()
    }
  }

  /// Runs a node with these settings for ever. The node is in this function's frame, about 9 KB: the whole of what it
  /// needs beside stack and TLS.
  @inline(never)
  static func run(_ settings: borrowing Settings) -> Never {
    var node = makeNode(settings)
    var driver = NodeDriver()
    Report.node(node)
    while true { driver.turn(&node) }
  }

  /// Apart from `run`, so that the memory for putting the node together is free again when it runs.
  @inline(never)
  static func makeNode(_ settings: borrowing Settings) -> BoardNode {
    BoardNode(
      client: NodeClient<BoardSocket, ClientTLSSession>(
        endpoint: settings.endpoint,
        session: NodeSession(
          identity: settings.identity, respellsRefusedIdentity: settings.respellsRefusedIdentity),
        socket: BoardSocket(), configuration: settings.trust.shared()),
      sensor: BoardSensor(board_sensor_kind()), system: HardwareSystem(), configuration: settings.node)
  }

  /// Waits until the settings are worth another look. Each look is progress, since it ends.
  static func waitForSettings() {
    board_show_status(BOARD_STATUS_STOPPED)
    var monitor = ProgressMonitor()
    var now = board_monotonic_milliseconds()
    let end = now &+ SettingsReader.retryMilliseconds
    while now < end {
      if monitor.isAlive(progress: 0, deadlineMilliseconds: end, nowMilliseconds: now) { board_watchdog_feed() }
      board_idle(end, 0)
      now = board_monotonic_milliseconds()
    }
  }
}
