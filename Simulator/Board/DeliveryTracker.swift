import Mles

/// Checks what a subscriber gets: each reading of each board once.
struct DeliveryTracker {
  private struct Source: Hashable {
    var uid: String
    var bootCount: UInt32
  }

  /// Readings seen, without those seen before.
  private(set) var deliveredCount = 0
  /// Readings seen again.
  private(set) var duplicateCount = 0
  /// Readings that came after one with a higher number.
  private(set) var disorderCount = 0
  private var seen: [Source: SequenceSet] = [:]

  /// Takes a reading into account.
  mutating func note(_ reading: ParsedReading) {
    let source = Source(uid: reading.uid, bootCount: reading.bootCount)
    switch seen[source, default: SequenceSet()].insert(reading.sequence) {
    case .new: deliveredCount += 1
    case .late:
      deliveredCount += 1
      disorderCount += 1
    case .repeated: duplicateCount += 1
    }
  }
}

/// The numbers of the readings of one boot that were seen, in memory that grows with the gaps only.
struct SequenceSet {
  enum Insertion {
    case new
    case late
    case repeated
  }

  /// All numbers below this one were seen, and those in `beyond`.
  private var next: UInt32 = 0
  private var beyond: Set<UInt32> = []
  private var highest: UInt32?

  mutating func insert(_ number: UInt32) -> Insertion {
    guard number >= next, !beyond.contains(number) else { return .repeated }
    let isLate = highest.map { number < $0 } ?? false
    highest = max(number, highest ?? number)
    beyond.insert(number)
    while beyond.remove(next) != nil { next += 1 }
    return isLate ? .late : .new
  }
}
