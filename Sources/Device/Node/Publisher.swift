import Bytes

/// When readings are due, and which number the next one has.
struct Publisher {
  /// Readings that are made up for in one call when the node was called late; more are counted as missed.
  static let catchUpLimit: UInt32 = 32

  let intervalMilliseconds: UInt32
  private(set) var limit: UInt32?
  private(set) var sequence: UInt32 = 0
  private(set) var dueMilliseconds: UInt64?

  init(intervalMilliseconds: UInt32, limit: UInt32?) {
    self.intervalMilliseconds = max(1, intervalMilliseconds)
    self.limit = limit
  }

  var isFinished: Bool { limit.map { sequence >= $0 } ?? false }

  /// No more readings.
  mutating func stop() { limit = 0 }

  /// Whether a reading is due. The first is due at once.
  func isDue(_ now: UInt64) -> Bool { !isFinished && now >= dueMilliseconds ?? now }

  /// Passes over a reading that could not be measured, without using up a number.
  mutating func skip(_ now: UInt64) {
    dueMilliseconds = max(now, dueMilliseconds ?? now) &+ UInt64(extending: intervalMilliseconds)
  }

  /// Counts the reading that was due, and returns how many before it were missed.
  mutating func advance(_ now: UInt64) -> UInt32 {
    sequence &+= 1
    let interval = UInt64(extending: intervalMilliseconds)
    let next = (dueMilliseconds ?? now) &+ interval
    dueMilliseconds = next
    guard now > next else { return 0 }
    let behind = (now &- next) / interval
    guard behind > UInt64(extending: Self.catchUpLimit) else { return 0 }
    dueMilliseconds = next &+ behind &* interval
    return UInt32(truncatingIfNeeded: behind)
  }
}
