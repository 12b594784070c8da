import Device
import Mles
import TLS
import WebSocket

/// The boards of `mles-sim run`, in one event loop with a local relay and a subscriber unless there is a server.
final class SimulationRun: LoopParticipant {
  /// How long the boards may take to hand over what is in their outboxes at the end. The first member of a channel learns
  /// only from the server's first ping, after 24 s, that it was let in.
  static let drainMilliseconds: UInt64 = 30_000
  /// The same after Ctrl-C.
  static let interruptedDrainMilliseconds: UInt64 = 3_000
  /// The same while no board has a connection, so that there is little hope.
  static let hopelessDrainMilliseconds: UInt64 = 3_000
  /// How long leaving may take.
  static let leaveMilliseconds: UInt64 = 3_000
  /// How often the progress line is written and the end looked for.
  static let tickMilliseconds: UInt64 = 100

  /// What the run is doing.
  enum Phase: Equatable {
    /// The subscriber is on its way to the channel.
    case subscribing(untilMilliseconds: UInt64)
    case publishing(untilMilliseconds: UInt64?)
    case draining(untilMilliseconds: UInt64)
    case leaving(untilMilliseconds: UInt64)
    case ended
  }

  private let boards: [SimulatedBoard]
  private let local: LocalChannel?
  private let loop: EventLoop
  private let console: Console
  private let durationMilliseconds: UInt64?
  private let network: FaultyNetwork<LinuxSocket>?
  private var isInterrupted = false
  private var phase: Phase
  private var drainStart: UInt64 = 0
  private var nextTick: UInt64 = 0
  private let startedMilliseconds = LinuxClock().monotonicMilliseconds()
  /// Whether the boards were started.
  private(set) var hasPublished = false
  /// Why the run cannot succeed.
  private(set) var failure: RunFailure?

  init(
    boards: [SimulatedBoard], local: LocalChannel?, loop: EventLoop, console: Console, durationMilliseconds: UInt64?,
    network: FaultyNetwork<LinuxSocket>? = nil
  ) {
    self.boards = boards
    self.local = local
    self.loop = loop
    self.console = console
    self.durationMilliseconds = durationMilliseconds
    self.network = network
    phase = .subscribing(untilMilliseconds: startedMilliseconds + Self.drainMilliseconds)
  }

  func addInterests(to interests: inout LoopInterests) { interests.wake(atMilliseconds: nextTick) }

  func serve(_ ready: LoopInterests, nowMilliseconds now: UInt64) {
    nextTick = now + Self.tickMilliseconds
    console.progress(progressText)
    advance(now)
  }

  /// Ctrl-C: stop publishing, hand over what can be handed over quickly, leave.
  func interrupt() {
    let now = LinuxClock().monotonicMilliseconds()
    isInterrupted = true
    for board in boards { board.stopPublishing() }
    if case .leaving = phase { return }
    drainStart = now
    phase = .draining(untilMilliseconds: now + Self.interruptedDrainMilliseconds)
    nextTick = now
  }

  var hasEnded: Bool { phase == .ended }

  private func advance(_ now: UInt64) {
    checkFailures()
    switch phase {
    case .subscribing(let limit):
      guard local?.isSubscribed ?? true else {
        if now >= limit || durationMilliseconds.map({ now >= startedMilliseconds + $0 }) ?? false {
          phase = .leaving(untilMilliseconds: now)
        }
        return
      }
      hasPublished = true
      for board in boards { loop.add(board) }
      phase = .publishing(untilMilliseconds: durationMilliseconds.map { now + $0 })
    case .publishing(let end):
      guard failure != nil || boards.allSatisfy(\.isFinished) || end.map({ now >= $0 }) ?? false else { return }
      for board in boards { board.stopPublishing() }
      drainStart = now
      phase = .draining(untilMilliseconds: failure == nil ? now + Self.drainMilliseconds : now)
    case .draining(let limit):
      let isHopeless = now >= drainStart + Self.hopelessDrainMilliseconds && !boards.contains(where: \.isConnected)
      guard (boards.allSatisfy { $0.keptCount == 0 } && isDelivered) || isHopeless || now >= limit else { return }
      for board in boards { board.leave() }
      local?.subscriber.leave()
      // What is on its way through a faulty network would be lost with this process.
      let isSlow = network != nil && !isInterrupted
      phase = .leaving(untilMilliseconds: now + (isSlow ? Self.drainMilliseconds : Self.leaveMilliseconds))
    case .leaving(let limit):
      let isDelivered = !(network?.isDelivering ?? false)
      guard (isDelivered && boards.allSatisfy { $0.state == .stopped }) || now >= limit else { return }
      phase = .ended
      loop.stop()
    case .ended: loop.stop()
    }
  }

  /// A board that cannot get onto the channel, or whose weather has failed, ends the run.
  private func checkFailures() {
    guard failure == nil else { return }
    for board in boards {
      if let weather = board.station.failure { failure = RunFailure(weather.description) }
      if case .waitingToRetry(let end) = board.state, end.kind == .permanent, !board.hasJoined {
        failure = RunFailure("\(board.uid): \(board.failureText(end))")
      }
    }
  }

  private var isDelivered: Bool { local.map { $0.tracker.deliveredCount >= Int(summary.confirmed) } ?? true }

  private var progressText: String {
    let joined = boards.count { $0.state == .joined }
    let now = summary
    let state = boards.count == 1 ? "\(boards[0].state.name)" : "\(joined) of \(boards.count) boards joined"
    return "\(state), \(now.published) published, \(now.delivered) delivered, \(now.kept) waiting, \(now.lost) lost"
  }

  /// The figures so far.
  var summary: RunSummary {
    var result = RunSummary()
    result.boards = boards.count
    result.milliseconds = LinuxClock().monotonicMilliseconds() - startedMilliseconds
    for board in boards {
      result.published += UInt64(board.statistics.published)
      result.refused += UInt64(board.statistics.refused)
      result.sensorErrors += UInt64(board.statistics.sensorErrors)
      result.confirmed += UInt64(board.counters.confirmed)
      result.dropped += UInt64(board.counters.droppedQueued)
      result.unconfirmed += UInt64(board.counters.droppedUnconfirmed)
      result.kept += UInt64(board.keptCount)
      result.reconnects += UInt64(board.reconnectCount)
      result.resumed += UInt64(board.resumedCount)
      if let version = board.tlsVersion { result.tls = version == .tls13 ? "TLSv1.3" : "TLSv1.2" }
    }
    result.faults = network?.counters
    result.hasSubscriber = local != nil
    result.delivered = local.map { UInt64($0.tracker.deliveredCount) } ?? result.confirmed
    result.duplicates = local.map { UInt64($0.tracker.duplicateCount) } ?? 0
    return result
  }
}

/// The figures of a run.
struct RunSummary {
  var boards = 0
  var milliseconds: UInt64 = 0
  var published: UInt64 = 0
  var delivered: UInt64 = 0
  var confirmed: UInt64 = 0
  var refused: UInt64 = 0
  var dropped: UInt64 = 0
  /// Sent, and pushed out of the outbox by newer readings with nothing to prove that they arrived.
  var unconfirmed: UInt64 = 0
  var kept: UInt64 = 0
  var duplicates: UInt64 = 0
  var sensorErrors: UInt64 = 0
  var reconnects: UInt64 = 0
  var resumed: UInt64 = 0
  var tls: String?
  /// What went wrong on purpose, nil without faults.
  var faults: FaultCounters?
  /// Whether `delivered` is what a subscriber got; else it is what was confirmed to be in the server's hands.
  var hasSubscriber = false

  /// Readings that were published and neither arrived nor wait in an outbox. Without a subscriber of the run's own,
  /// what was sent and never confirmed is not called lost.
  var lost: UInt64 {
    let known = delivered + kept + (hasSubscriber ? 0 : unconfirmed)
    return published > known ? published - known : 0
  }

  /// One line for a person.
  var text: String {
    "\(published) published, \(delivered) delivered, \(lost) lost, \(duplicates) duplicates, \(kept) not sent, "
      + "\(dropped) dropped, \(unconfirmed) unconfirmed, \(refused) refused, \(sensorErrors) sensor errors, "
      + "\(reconnects) reconnects, "
      + (faults.map { "\($0.text), " } ?? "")
      + "\(tls ?? "no TLS session"), \(milliseconds / 1000).\(milliseconds % 1000 / 100) s"
  }

  /// One JSON object.
  var json: String {
    "{\"boards\":\(boards),\"published\":\(published),\"delivered\":\(delivered),\"lost\":\(lost),"
      + "\"duplicates\":\(duplicates),\"kept\":\(kept),\"unconfirmed\":\(unconfirmed),\"refused\":\(refused),\"dropped\":\(dropped),"
      + "\"sensor_errors\":\(sensorErrors),\"reconnects\":\(reconnects),\"resumed\":\(resumed),"
      + "\"tls\":\(tls.map { "\"\($0)\"" } ?? "null"),\"faults\":\(faults?.json ?? "null"),"
      + "\"seconds\":\(milliseconds / 1000).\(milliseconds % 1000 / 100)}"
  }
}

extension SessionState {
  /// The state in a word or two.
  var name: String {
    switch self {
    case .idle: "starting"
    case .resolving: "resolving the name"
    case .connecting: "connecting"
    case .securing: "TLS handshake"
    case .upgrading: "upgrading"
    case .joining: "joining"
    case .joinUnconfirmed: "join sent, not confirmed yet"
    case .joined: "joined"
    case .closing: "closing"
    case .waitingToRetry: "waiting to retry"
    case .stopped: "left"
    }
  }
}
