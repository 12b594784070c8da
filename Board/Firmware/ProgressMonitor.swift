/// Decides whether the watchdog may be fed: because the node got on, or waits for a time that is still ahead; never
/// only because the loop runs.
struct ProgressMonitor {
  /// Steps at one and the same millisecond that still pass for work; a chip at 160 MHz does about 50. More of them mean
  /// a clock that stands still, or a loop that spins.
  static var stepsAtOneTimeMax: UInt32 { 10_000 }

  private var progress: UInt32 = 0
  private var nowMilliseconds: UInt64 = 0
  private var stepsAtOneTime: UInt32 = 0

  /// Whether the step that has just been done shows a node that lives. `progress` is a sum of counters that only grow:
  /// it is different when anything was done. `deadlineMilliseconds` is when the node wants to be called again.
  mutating func isAlive(progress: UInt32, deadlineMilliseconds: UInt64, nowMilliseconds: UInt64) -> Bool {
    let hasProgressed = progress != self.progress
    self.progress = progress
    stepsAtOneTime = nowMilliseconds == self.nowMilliseconds ? min(stepsAtOneTime, .max &- 1) &+ 1 : 0
    self.nowMilliseconds = nowMilliseconds
    guard stepsAtOneTime <= Self.stepsAtOneTimeMax else { return false }
    return hasProgressed || deadlineMilliseconds > nowMilliseconds
  }
}
