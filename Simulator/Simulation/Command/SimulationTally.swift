import Synchronization

/// Hands out the worlds of a run to threads, and adds up what came of them.
final class SimulationTally: Sendable {
  private struct State {
    var nextWorld: Int
    var runningCount = 0
    var isStopping = false
    var summary: SimulationSummary
  }

  let wakeup: WakeupPipe
  private let plan: WorldPlan
  private let end: Int
  private let state: Mutex<State>

  init(plan: WorldPlan, worlds: Range<Int>) throws(SystemError) {
    self.plan = plan
    end = worlds.upperBound
    wakeup = try WakeupPipe()
    let summary = SimulationSummary(profile: plan.profile.name, startMilliseconds: LinuxClock().monotonicMilliseconds())
    state = Mutex(State(nextWorld: worlds.lowerBound, summary: summary))
  }

  /// Runs worlds until there are none left; in a thread of its own.
  func work() {
    while let index = take() {
      do {
        finish(try WorldResult.run(plan.settings(index), while: { !isStopping }))
      } catch {
        fail("world \(index): \(error)")
      }
      wakeup.wake()
    }
    wakeup.wake()
  }

  private func take() -> Int? {
    state.withLock { state in
      guard !state.isStopping, state.nextWorld < end else { return nil }
      state.nextWorld += 1
      state.runningCount += 1
      return state.nextWorld - 1
    }
  }

  /// Adds a result that was made outside of the threads.
  func add(_ result: WorldResult) {
    state.withLock { $0.summary.add(result) }
  }

  private func finish(_ result: WorldResult) {
    state.withLock { state in
      state.runningCount -= 1
      state.summary.add(result)
      if result.failure != nil { state.isStopping = true }
    }
  }

  private func fail(_ text: String) {
    state.withLock { state in
      state.runningCount -= 1
      state.summary.error = text
      state.isStopping = true
    }
  }

  private var isStopping: Bool { state.withLock { $0.isStopping } }

  /// No more worlds; those that run end where they are.
  func stop() { state.withLock { $0.isStopping = true } }

  var isFinished: Bool {
    state.withLock { $0.runningCount == 0 && ($0.isStopping || $0.nextWorld >= end) }
  }

  var summary: SimulationSummary { state.withLock { $0.summary } }
}

/// The figures of a run.
struct SimulationSummary: Sendable {
  var profile: String
  var startMilliseconds: UInt64
  var worlds = 0
  var nodeHours = 0
  var totals = WorldTotals()
  /// All worlds together, whatever the order in which they ended.
  var digest: UInt64 = 0
  /// The failed world with the lowest number.
  var failure: WorldResult?
  var error: String?

  mutating func add(_ result: WorldResult) {
    worlds += 1
    nodeHours += result.nodeHours
    totals.add(result.totals)
    digest = digest &+ SimulationRandom.mix(result.digest ^ UInt64(truncatingIfNeeded: result.index))
    guard result.failure != nil, result.index < failure?.index ?? .max else { return }
    failure = result
  }

  private var milliseconds: UInt64 { max(1, LinuxClock().monotonicMilliseconds() - startMilliseconds) }
  private var faultCount: Int { totals.faults.reduce(0, +) }

  private var seconds: String { "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s" }

  var progressText: String {
    "\(nodeHours) node-hours, \(totals.relayed) readings, \(faultCount) faults, "
      + "\(UInt64(nodeHours) * 1000 / milliseconds) node-hours/s"
  }

  /// One line for a person.
  var text: String {
    "\(failure == nil ? "ok" : "FAILED"): faults \(profile), \(nodeHours) node-hours in \(worlds) worlds, "
      + "\(totals.accepted) readings accepted, \(totals.relayed) relayed, \(totals.delivered) delivered, "
      + "\(totals.dropped) dropped, \(totals.lostAtPowerOff) lost with power, \(totals.swallowed) in the server, "
      + "\(totals.forgotten) with its history, \(totals.overrun) overrun, \(totals.wireDuplicates) sent again, "
      + "\(faultCount) faults, \(totals.joins) joins, \(totals.ghosts) ghosts, \(seconds), digest "
      + String(digest, radix: 16)
  }

  /// One JSON object.
  var json: String {
    let faults = FaultKind.allCases.map { "\"\($0.name)\":\(totals.faults[$0.rawValue])" }.joined(separator: ",")
    return
      "{\"faults\":\"\(profile)\",\"worlds\":\(worlds),\"node_hours\":\(nodeHours),\"accepted\":\(totals.accepted),"
      + "\"relayed\":\(totals.relayed),\"delivered\":\(totals.delivered),\"dropped\":\(totals.dropped),"
      + "\"lost_with_power\":\(totals.lostAtPowerOff),\"lost_in_server\":\(totals.swallowed),"
      + "\"sent_again\":\(totals.wireDuplicates),\"replayed\":\(totals.replayedToSubscribers),"
      + "\"taken_for_live\":\(totals.passedTwice),\"overrun\":\(totals.overrun),"
      + "\"lost_with_history\":\(totals.forgotten),"
      + "\"confirmed_on_slow_connections\":\(totals.confirmedOnSlowConnection),\"joins\":\(totals.joins),"
      + "\"ghosts\":\(totals.ghosts),\"boots\":\(totals.boots),\"connections\":\(totals.connections),"
      + "\"events\":\(totals.events),\"fault_counts\":{\(faults)},"
      + "\"failed\":\(failure == nil ? "false" : "true"),\"milliseconds\":\(milliseconds),"
      + "\"digest\":\"\(String(digest, radix: 16))\"}"
  }
}
