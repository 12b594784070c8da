import Glibc
import Testing

@testable import Simulator

/// Runs with ThreadSanitizer too (`Tests/Sanitizers/threads`).
@Suite("SimulationTally: worlds in threads")
struct SimulationTallyTests {
  private let plan = WorldPlan(seed: 7, hours: 1, nodes: WorldPlan.nodesPerWorld * 2 + 1, profile: .mild)

  private func run(_ tally: SimulationTally, threads count: Int) throws {
    let threads = try (0..<count).map { _ in try WorkerThread { tally.work() } }
    for thread in threads { thread.join() }
  }

  @Test("two threads find what one finds, and leave no world out")
  func sum() throws {
    let alone = try SimulationTally(plan: plan, worlds: 0..<plan.worldCount)
    let shared = try SimulationTally(plan: plan, worlds: 0..<plan.worldCount)
    try run(alone, threads: 1)
    try run(shared, threads: 2)
    #expect(alone.isFinished && shared.isFinished)
    #expect(shared.summary.worlds == 3 && shared.summary.nodeHours == 41)
    #expect(shared.summary.digest == alone.summary.digest && shared.summary.totals == alone.summary.totals)
    #expect(shared.summary.failure == nil && shared.summary.error == nil)
  }

  @Test("a run that is stopped hands out no more worlds, and what it has is looked at meanwhile")
  func stop() throws {
    let tally = try SimulationTally(plan: plan, worlds: 0..<Int.max)
    let threads = try (0..<2).map { _ in try WorkerThread { tally.work() } }
    while tally.summary.worlds < 2, !tally.isFinished {
      var entry = pollfd(fd: tally.wakeup.readDescriptor, events: Int16(POLLIN), revents: 0)
      _ = poll(&entry, 1, -1)
      _ = tally.wakeup.drain()
    }
    tally.stop()
    for thread in threads { thread.join() }
    #expect(tally.isFinished && tally.summary.worlds >= 2)
    #expect(tally.summary.failure == nil && tally.summary.error == nil)
    let ended = tally.summary.worlds
    tally.work()
    #expect(tally.summary.worlds == ended)
  }
}
