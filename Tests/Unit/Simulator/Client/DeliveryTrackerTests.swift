import Testing

@testable import Simulator

@Suite("Delivery: each reading once, and what is missing")
struct DeliveryTrackerTests {
  private func reading(_ sequence: UInt32, boot: UInt32 = 1, uid: String = "board", time: UInt64? = nil) throws
    -> ParsedReading
  {
    let time = time.map { "\($0)" } ?? "null"
    let text = "{\"uid\":\"\(uid)\",\"boot\":\(boot),\"seq\":\(sequence),\"time\":\(time),\"temperature\":1.00}"
    let bytes = Array(text.utf8)
    let reading = ParsedReading(bytes.span)
    return try #require(reading)
  }

  @Test("a reading that came is repeated, whenever it comes again")
  func repeated() throws {
    var tracker = DeliveryTracker()
    for sequence in [0, 1, 2] as [UInt32] { #expect(tracker.note(try reading(sequence)) == .init()) }
    for sequence in [2, 0, 1] as [UInt32] { #expect(tracker.note(try reading(sequence)).isRepeated) }
    #expect((tracker.deliveredCount, tracker.duplicateCount, tracker.disorderCount) == (3, 3, 0))
  }

  @Test("what was left out is reported once, and is new when it comes late")
  func gap() throws {
    var tracker = DeliveryTracker()
    tracker.note(try reading(0))
    let gap = ReadingGap(uid: "board", bootCount: 1, sequences: 1...4)
    #expect(tracker.note(try reading(5)).gap == gap)
    #expect(gap.text == "board, boot 1: 1 to 4 are missing (4 of its readings)")
    for sequence in [3, 1, 4, 2] as [UInt32] { #expect(tracker.note(try reading(sequence)) == .init()) }
    for sequence in 0...5 as ClosedRange<UInt32> { #expect(tracker.note(try reading(sequence)).isRepeated) }
    #expect((tracker.deliveredCount, tracker.disorderCount) == (6, 4))
    #expect(tracker.note(try reading(7)).gap?.text == "board, boot 1: 6 is missing (1 of its readings)")
  }

  @Test("of a board that was there before the subscriber nothing is missing; of its next start the first ones are")
  func boots() throws {
    var tracker = DeliveryTracker()
    #expect(tracker.note(try reading(500)).gap == nil)
    #expect(tracker.note(try reading(499)) == .init())
    #expect(tracker.note(try reading(2, boot: 2)).gap == ReadingGap(uid: "board", bootCount: 2, sequences: 0...1))
    #expect(tracker.note(try reading(2, uid: "other")).gap == nil)
  }

  @Test("a board whose memory was erased counts anew: its readings are newer than all that had these numbers")
  func countsAnew() throws {
    var tracker = DeliveryTracker()
    for sequence in 0..<5 as Range<UInt32> { tracker.note(try reading(sequence, time: 1_000 + UInt64(sequence))) }
    #expect(tracker.note(try reading(4, time: 1_004)).isRepeated)
    #expect(tracker.note(try reading(0, time: 2_000)) == .init())
    #expect(tracker.note(try reading(1, time: 2_001)) == .init())
    #expect(tracker.note(try reading(1, time: 2_001)).isRepeated)
    #expect(tracker.note(try reading(0, time: nil)).isRepeated)
  }

  @Test("the last number there is")
  func lastNumber() throws {
    var tracker = DeliveryTracker()
    tracker.note(try reading(.max - 1))
    #expect(tracker.note(try reading(.max)) == .init())
    #expect(tracker.note(try reading(.max)).isRepeated)
    #expect(tracker.note(try reading(0)) == .init())
  }

  @Test("memory has its limits: the oldest start of a board is forgotten, and the oldest gap")
  func limits() throws {
    var tracker = DeliveryTracker()
    for boot in 0...UInt32(DeliveryTracker.sourceCountMax) { tracker.note(try reading(0, boot: boot)) }
    #expect(tracker.note(try reading(0, boot: 1)).isRepeated)
    #expect(!tracker.note(try reading(0, boot: 0)).isRepeated)
    var numbers = SequenceSet(startsAtZero: true)
    for number in 0...UInt32(SequenceSet.gapCountMax) { _ = numbers.insert(number * 2 + 1) }
    #expect(numbers.insert(0) == .repeated)
    #expect(numbers.insert(2) == .late)
  }
}
