/// What a subscriber knows about the readings that came: each is new once. A board that cannot know whether a reading
/// arrived sends it again; uid, boot and sequence number tell.
struct DeliveryTracker {
  /// Starts of boards remembered; the one first seen longest ago is forgotten. A hostile member can make up any number.
  static let sourceCountMax = 4_096

  /// What a reading was.
  struct Arrival: Equatable {
    /// It came before and is to be left out.
    var isRepeated = false
    /// The readings before it that are missing, where that shows for the first time.
    var gap: ReadingGap?
  }

  private struct Source: Hashable {
    var uid: String
    var bootCount: UInt32
  }

  private struct Record {
    var numbers: SequenceSet
    var newestMilliseconds: UInt64?
  }

  /// Readings seen, without those seen before.
  private(set) var deliveredCount = 0
  /// Readings seen again.
  private(set) var duplicateCount = 0
  /// Readings that came after one with a higher number.
  private(set) var disorderCount = 0
  private var records: [Source: Record] = [:]
  /// The sources in `records`, oldest first.
  private var order = FIFO<Source>()
  private var knownBoards: [String: Int] = [:]

  /// Takes a reading into account.
  @discardableResult
  mutating func note(_ reading: ParsedReading) -> Arrival {
    let source = Source(uid: reading.uid, bootCount: reading.bootCount)
    if records[source] == nil { add(source) }
    guard var record = records[source] else { return Arrival() }
    defer { records[source] = record }
    var insertion = record.numbers.insert(reading.sequence)
    if insertion == .repeated, let time = reading.unixMilliseconds, let newest = record.newestMilliseconds,
      time > newest
    {
      // No copy of an earlier reading is newer than all of them: the board's memory was erased, and it counts anew.
      record.numbers = SequenceSet(startsAtZero: true)
      insertion = record.numbers.insert(reading.sequence)
    }
    record.newestMilliseconds = max(record.newestMilliseconds ?? 0, reading.unixMilliseconds ?? 0)
    switch insertion {
    case .new(let missing):
      deliveredCount += 1
      return Arrival(gap: missing.map { ReadingGap(uid: source.uid, bootCount: source.bootCount, sequences: $0) })
    case .late:
      deliveredCount += 1
      disorderCount += 1
      return Arrival()
    case .repeated:
      duplicateCount += 1
      return Arrival(isRepeated: true)
    }
  }

  private mutating func add(_ source: Source) {
    // Of a board that was there before us the first ones are not missing; of its next start they would be.
    records[source] = Record(numbers: SequenceSet(startsAtZero: knownBoards[source.uid] != nil))
    order.append(source)
    knownBoards[source.uid, default: 0] += 1
    guard records.count > Self.sourceCountMax, let oldest = order.removeFirst() else { return }
    records[oldest] = nil
    let left = (knownBoards[oldest.uid] ?? 1) - 1
    knownBoards[oldest.uid] = left > 0 ? left : nil
  }
}

/// Readings of one start of a board that a subscriber misses.
struct ReadingGap: Equatable {
  var uid: String
  var bootCount: UInt32
  var sequences: ClosedRange<UInt32>

  /// In words, for a log line.
  var text: String {
    let numbers =
      sequences.count == 1 ? "\(sequences.lowerBound) is" : "\(sequences.lowerBound) to \(sequences.upperBound) are"
    return "\(uid), boot \(bootCount): \(numbers) missing (\(sequences.count) of its readings)"
  }
}

/// The numbers of the readings of one start that were seen, in memory that grows with the gaps only.
struct SequenceSet {
  /// Gaps remembered; of more, the oldest is forgotten, and what comes late for it counts as repeated.
  static let gapCountMax = 256

  /// What a number was.
  enum Insertion: Equatable {
    /// Above all others; `missing` are those left out since.
    case new(missing: ClosedRange<UInt32>?)
    /// Below others, and not seen before.
    case late
    case repeated
  }

  /// Above all numbers seen.
  private var next: UInt64 = 0
  /// Below `next` and not seen, lowest first.
  private var gaps: [ClosedRange<UInt32>] = []
  /// Whether those before the first one seen count as missing.
  private let startsAtZero: Bool

  init(startsAtZero: Bool) { self.startsAtZero = startsAtZero }

  mutating func insert(_ number: UInt32) -> Insertion {
    guard UInt64(number) < next else { return append(number) }
    guard let index = gaps.firstIndex(where: { $0.contains(number) }) else { return .repeated }
    let gap = gaps[index]
    var rest: [ClosedRange<UInt32>] = []
    if gap.lowerBound < number { rest.append(gap.lowerBound...number - 1) }
    if gap.upperBound > number { rest.append(number + 1...gap.upperBound) }
    gaps.replaceSubrange(index...index, with: rest)
    limitGaps()
    return .late
  }

  private mutating func append(_ number: UInt32) -> Insertion {
    let isFirst = next == 0
    let missing = UInt64(number) > next ? UInt32(next)...number - 1 : nil
    next = UInt64(number) + 1
    if let missing { gaps.append(missing) }
    limitGaps()
    return .new(missing: isFirst && !startsAtZero ? nil : missing)
  }

  private mutating func limitGaps() {
    if gaps.count > Self.gapCountMax { gaps.removeFirst(gaps.count - Self.gapCountMax) }
  }
}
