import Bytes
import CBoard
import Device
import HAL
import Mles
import TLS

/// Where the board starts the firmware; does not return.
@c @implementation public func firmware_main() {
  Firmware.logStart()
  while true {
    if let settings = Settings.read() { Firmware.run(settings) }
    Firmware.waitForSettings()
  }
}

/// The firmware: a node on the board, started, driven, watched.
struct Firmware: ~Copyable {
  /// The version of this firmware, in the first line of the log.
  static var version: StaticString { "0.1.0" }

  private(set) var node: Node<BoardSocket, BoardSensor, HardwareSystem>
  private var monitor = ProgressMonitor()
  var reportedJoins: UInt32 = 0
  private var isSummaryLogged = false

  /// Runs a node with these settings for ever; returns only when there is no memory for one, which has then been said.
  @inline(never)
  static func run(_ settings: consuming Settings) {
    do throws(TLSError) {
      var firmware = try Firmware(settings)
      while true { firmware.turn() }
    } catch {
      var reader = SettingsReader()
      reader.refuse(error)
    }
  }

  /// A node that has just started.
  init(_ settings: consuming Settings) throws(TLSError) {
    node = Node(
      client: try NodeClient<BoardSocket>(
        endpoint: settings.endpoint, session: NodeSession(identity: settings.identity), socket: BoardSocket(),
        configuration: settings.trust),
      sensor: BoardSensor(board_sensor_kind()), system: HardwareSystem(), configuration: settings.node)
    logNode()
  }

  /// One step of the node, then a wait for whatever comes next.
  mutating func turn() {
    let wait = node.step()
    logJoin()
    if node.isFinished { finish() }
    let now = board_monotonic_milliseconds()
    if monitor.isAlive(progress: progress, deadlineMilliseconds: wait.deadlineMilliseconds, nowMilliseconds: now) {
      board_watchdog_feed()
    }
    var wakes: UInt32 = 0
    if wait.wantsRead { wakes |= UInt32(BOARD_WAKE_READABLE) }
    if wait.wantsWrite { wakes |= UInt32(BOARD_WAKE_WRITABLE) }
    // Also when the deadline has passed: the board serves the network there.
    board_idle(wait.deadlineMilliseconds, wakes)
  }

  /// Leaves the channel once all readings have been handed over; then only the wait is left.
  private mutating func finish() {
    guard node.client.session.state == .stopped else { return node.leave() }
    guard !isSummaryLogged else { return }
    isSummaryLogged = true
    logSummary()
  }

  /// Different whenever the node has done something.
  private var progress: UInt32 {
    let statistics = node.statistics
    return node.client.socket.movedBytes &+ node.client.session.attemptCount &+ node.client.session.joinCount
      &+ statistics.published &+ statistics.refused &+ statistics.sensorErrors &+ statistics.received
  }
}

extension Firmware {
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
