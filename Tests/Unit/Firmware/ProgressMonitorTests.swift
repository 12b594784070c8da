import Testing

@testable import Firmware

@Suite("The watchdog is fed by progress, not by time")
struct ProgressMonitorTests {
  private var monitor = ProgressMonitor()

  @Test("while the node waits for a time ahead of it")
  mutating func lawfulWait() {
    for now: UInt64 in 0..<100 {
      let isAlive = monitor.isAlive(progress: 0, deadlineMilliseconds: 100, nowMilliseconds: now)
      #expect(isAlive)
    }
    let isAlive = monitor.isAlive(progress: 0, deadlineMilliseconds: 100, nowMilliseconds: 100)
    #expect(!isAlive, "the time has come and nothing was done")
  }

  @Test("for ever by a node that has nothing left to do")
  mutating func finished() {
    for hour: UInt64 in 0..<1_000 {
      let isAlive = monitor.isAlive(
        progress: 7, deadlineMilliseconds: .max, nowMilliseconds: hour * 3_600_000)
      #expect(isAlive)
    }
  }

  @Test("when something was done, whatever the deadline is")
  mutating func progress() {
    for step: UInt32 in 1...100 {
      let isAlive = monitor.isAlive(progress: step, deadlineMilliseconds: 0, nowMilliseconds: UInt64(step) * 10)
      #expect(isAlive)
    }
  }

  @Test("also when the sum of the counters wraps")
  mutating func wrap() {
    _ = monitor.isAlive(progress: .max, deadlineMilliseconds: 0, nowMilliseconds: 1)
    let isAlive = monitor.isAlive(progress: 0, deadlineMilliseconds: 0, nowMilliseconds: 2)
    #expect(isAlive)
  }

  @Test("not by a loop whose deadline has passed and in which nothing is done, though time goes by")
  mutating func busyLoop() {
    _ = monitor.isAlive(progress: 5, deadlineMilliseconds: 0, nowMilliseconds: 1)
    for now: UInt64 in 2..<40_000 {
      let isAlive = monitor.isAlive(progress: 5, deadlineMilliseconds: 1, nowMilliseconds: now)
      #expect(!isAlive)
    }
  }

  @Test("not by a loop that spins at one time, after so many steps, even if it counts things")
  mutating func clockStandsStill() {
    let limit = ProgressMonitor.stepsAtOneTimeMax
    for step in 0...limit {
      let isAlive = monitor.isAlive(progress: step, deadlineMilliseconds: 100, nowMilliseconds: 50)
      #expect(isAlive)
    }
    for step in 0..<limit {
      let isAlive = monitor.isAlive(progress: step, deadlineMilliseconds: 100, nowMilliseconds: 50)
      #expect(!isAlive)
    }
    let isAlive = monitor.isAlive(progress: 0, deadlineMilliseconds: 100, nowMilliseconds: 51)
    #expect(isAlive, "the clock goes again")
  }
}
