import Glibc

/// Something that waits for descriptors and deadlines: a server, a simulated board, a reader of standard input.
public protocol LoopParticipant: AnyObject {
  /// Adds what this participant waits for to `interests`; called once a turn, before the loop sleeps.
  func addInterests(to interests: inout LoopInterests)

  /// Does what there is to do now and returns without waiting. Called when one of the descriptors is ready or the
  /// deadline has come. `ready` answers for the slots that `addInterests` got in this turn.
  func serve(_ ready: LoopInterests, nowMilliseconds: UInt64)
}

/// The descriptors and deadlines of one turn, and after the wait, what became of them.
public struct LoopInterests {
  /// Where a descriptor stands in the turn for which it was added.
  public typealias Slot = Int

  private(set) var entries: [pollfd] = []
  private(set) var deadlineMilliseconds: UInt64?

  /// Waits for `descriptor` to become readable, writable or both. An error or a hang-up always ends the wait.
  @discardableResult
  public mutating func add(_ descriptor: Int32, reading: Bool = true, writing: Bool = false) -> Slot {
    let events = (reading ? Int16(POLLIN) : 0) | (writing ? Int16(POLLOUT) : 0)
    entries.append(pollfd(fd: descriptor, events: events, revents: 0))
    return entries.count - 1
  }

  /// Ends the wait at this time at the latest, in the milliseconds of `LinuxClock`.
  public mutating func wake(atMilliseconds deadline: UInt64?) {
    guard let deadline else { return }
    deadlineMilliseconds = min(deadline, deadlineMilliseconds ?? deadline)
  }

  /// Whether reading from the descriptor in `slot` will not wait: bytes, an end or an error is there.
  public func isReadable(_ slot: Slot) -> Bool { has(POLLIN | POLLHUP | POLLERR | POLLNVAL, slot) }

  /// Whether writing to the descriptor in `slot` will not wait, an error included.
  public func isWritable(_ slot: Slot) -> Bool { has(POLLOUT | POLLHUP | POLLERR | POLLNVAL, slot) }

  /// Whether anything at all happened to the descriptor in `slot`.
  public func isReady(_ slot: Slot) -> Bool { entries.indices.contains(slot) && entries[slot].revents != 0 }

  private func has(_ events: Int32, _ slot: Slot) -> Bool {
    entries.indices.contains(slot) && Int32(entries[slot].revents) & events != 0
  }

  /// Forgets everything but keeps the memory.
  mutating func reset() {
    entries.removeAll(keepingCapacity: true)
    deadlineMilliseconds = nil
  }

  /// Starts a new participant's part and returns the deadline of those before it.
  mutating func takeDeadline() -> UInt64? {
    defer { deadlineMilliseconds = nil }
    return deadlineMilliseconds
  }

  /// poll(2) until something is ready or `timeoutMilliseconds` have passed (-1: without end); returns errno or 0.
  mutating func wait(timeoutMilliseconds: Int32) -> Int32 {
    let result = poll(&entries, nfds_t(entries.count), timeoutMilliseconds)
    guard result < 0 else { return 0 }
    let code = errno
    for index in entries.indices { entries[index].revents = 0 }
    return code == EINTR ? 0 : code
  }
}

/// One thread, many descriptors: asks each participant what it waits for, sleeps in poll(2), and serves those whose
/// descriptors are ready or whose time has come. It never wakes without a reason.
public final class EventLoop {
  /// The longest single sleep; bounds what a clock that jumps can do.
  public static let sleepMillisecondsMax: UInt64 = 60_000

  private struct Entry {
    let participant: any LoopParticipant
    var slots = 0..<0
    var deadlineMilliseconds: UInt64?
  }

  private var participants: [Entry] = []
  private var interests = LoopInterests()
  private var isStopping = false
  private let signals: SignalWatch?
  private let clock = LinuxClock()
  /// Turns made so far; a test that looks for busy waiting counts them.
  public private(set) var turnCount: UInt64 = 0
  /// The first signal of `signals` that came, after which `run` returns.
  public private(set) var signal: Int32?

  /// A loop that also ends when one of `signals` comes.
  public init(signals: SignalWatch? = nil) {
    self.signals = signals
    // A write to a pipe or socket whose reader is gone is an error value here (EPIPE), never a signal.
    _ = Glibc.signal(SIGPIPE, SIG_IGN)
  }

  /// Serves `participant` from the next turn on.
  public func add(_ participant: any LoopParticipant) {
    participants.append(Entry(participant: participant))
  }

  /// Serves `participant` no more from the next turn on.
  public func remove(_ participant: any LoopParticipant) {
    participants.removeAll { $0.participant === participant }
  }

  /// The signal that ended `run`, once; `run` can then be called again.
  public func takeSignal() -> Int32? {
    defer { signal = nil }
    return signal
  }

  /// Makes `run` return once the participant being served returns.
  public func stop() {
    isStopping = true
  }

  /// Turns until `stop()` is called, a signal comes, or nobody is left to serve.
  public func run() throws(SystemError) {
    isStopping = false
    while !isStopping && signal == nil && !participants.isEmpty {
      try turn()
    }
  }

  /// Turns until `condition` holds; false when `timeoutMilliseconds` passed, or the loop was stopped, before that.
  public func run(until condition: () -> Bool, timeoutMilliseconds: UInt64) throws(SystemError) -> Bool {
    isStopping = false
    let end = clock.monotonicMilliseconds() + timeoutMilliseconds
    while !condition() {
      guard !isStopping, signal == nil, clock.monotonicMilliseconds() < end else { return false }
      try turn(noLaterThan: end)
    }
    return true
  }

  /// Waits once and serves whoever has something to do; sleeps until `limit` at the latest.
  public func turn(noLaterThan limit: UInt64? = nil) throws(SystemError) {
    turnCount += 1
    interests.reset()
    let signalSlot = signals.map { interests.add($0.fileDescriptor) }
    var deadline = limit
    for index in participants.indices {
      let first = interests.entries.count
      participants[index].participant.addInterests(to: &interests)
      participants[index].slots = first..<interests.entries.count
      let own = interests.takeDeadline()
      participants[index].deadlineMilliseconds = own
      if let own { deadline = min(own, deadline ?? own) }
    }

    let code = interests.wait(timeoutMilliseconds: timeout(until: deadline))
    guard code == 0 else { throw SystemError(code: code) }
    if let signals, let signalSlot, interests.isReady(signalSlot) { signal = signals.next() }
    serveDue(nowMilliseconds: clock.monotonicMilliseconds())
  }

  private func timeout(until deadline: UInt64?) -> Int32 {
    guard let deadline else { return -1 }
    let now = clock.monotonicMilliseconds()
    return deadline > now ? Int32(truncatingIfNeeded: min(deadline - now, Self.sleepMillisecondsMax)) : 0
  }

  private func serveDue(nowMilliseconds now: UInt64) {
    // Participants may add and remove others meanwhile: this turn belongs to those it began with.
    for entry in participants where !isStopping {
      let isDue = entry.deadlineMilliseconds.map { $0 <= now } ?? false
      if isDue || entry.slots.contains(where: { interests.isReady($0) }) {
        entry.participant.serve(interests, nowMilliseconds: now)
      }
    }
  }
}
