import CBoard
import Device
import HAL
import Mles
import TLS

/// Drives a node: steps it, waits, feeds the watchdog as long as it gets on, and ends it when it has nothing left to do.
struct NodeDriver {
  private var monitor = ProgressMonitor()
  private var reportedJoins: UInt32 = 0
  private var isSummaryReported = false

  /// One step of `node`, then a wait for whatever comes next.
  mutating func turn(_ node: inout BoardNode) {
    let wait = node.step()
    report(node)
    if node.isFinished, node.client.session.phase != .stopped { node.leave() }
    let now = board_monotonic_milliseconds()
    let progress = Self.progress(of: node)
    if monitor.isAlive(progress: progress, deadlineMilliseconds: wait.deadlineMilliseconds, nowMilliseconds: now) {
      board_watchdog_feed()
    }
    var wakes: UInt32 = 0
    if wait.wantsRead { wakes |= UInt32(BOARD_WAKE_READABLE) }
    if wait.wantsWrite { wakes |= UInt32(BOARD_WAKE_WRITABLE) }
    // Also when the deadline has passed: the board serves the network there.
    board_idle(wait.deadlineMilliseconds, wakes)
  }

  private mutating func report(_ node: borrowing BoardNode) {
    let joins = node.client.session.joinCount
    if joins != reportedJoins {
      reportedJoins = joins
      Report.memory(joins)
    }
    guard !isSummaryReported, node.client.session.phase == .stopped else { return }
    isSummaryReported = true
    Report.summary(node)
  }

  /// Different whenever the node has done something.
  private static func progress(of node: borrowing BoardNode) -> UInt32 {
    let statistics = node.statistics
    return node.client.socket.movedBytes &+ node.client.session.attemptCount &+ node.client.session.joinCount
      &+ statistics.published &+ statistics.refused &+ statistics.sensorErrors &+ statistics.received
  }
}
