/// A payload's hash in a history filter, and what is known about the message, in one word.
struct HistoryHash: Equatable {
  private var word: UInt64

  private static let usedBit: UInt64 = 1 &<< 63
  private static let unplacedBit: UInt64 = 1 &<< 62
  private static let valueMask: UInt64 = unplacedBit &- 1

  init() { word = 0 }

  init(_ payload: Span<UInt8>) { word = SipHash24.hash(payload) & Self.valueMask }

  /// Whether it was recognised or received in this replay phase, and is not expected.
  var isUsed: Bool {
    get { has(Self.usedBit) }
    set { set(Self.usedBit, newValue) }
  }

  /// Whether it was received at a time when its place among what is expected could not be told.
  var isUnplaced: Bool {
    get { has(Self.unplacedBit) }
    set { set(Self.unplacedBit, newValue) }
  }

  private func has(_ bit: UInt64) -> Bool { word & bit != 0 }

  private mutating func set(_ bit: UInt64, _ isSet: Bool) { word = isSet ? word | bit : word & ~bit }

  func hasSameValue(as other: HistoryHash) -> Bool { (word ^ other.word) & Self.valueMask == 0 }
}

/// An ordered list of hashes in memory of a fixed size. Changes at both ends are cheap, others move what is behind them.
struct HashList<let capacity: Int>: ~Copyable {
  private var storage = InlineArray<capacity, HistoryHash>(repeating: HistoryHash())
  /// Where the first is in the storage; the list goes on at the storage's start when it reaches its end.
  private var head = 0
  private(set) var count = 0

  init() {}

  var isFull: Bool { count == capacity }

  /// The hash at `position`, which is in 0..<count.
  subscript(position: Int) -> HistoryHash {
    get { storage[slot(position)] }
    set { storage[slot(position)] = newValue }
  }

  private func slot(_ position: Int) -> Int {
    let slot = head + position
    return slot < capacity ? slot : slot - capacity
  }

  /// Puts `hash` before the one at `position` (0...count); nothing happens when the list is full.
  mutating func insert(_ hash: HistoryHash, at position: Int) {
    guard count < capacity else { return }
    count += 1
    var index = count - 1
    while index > position {
      self[index] = self[index - 1]
      index -= 1
    }
    self[position] = hash
  }

  /// Takes out the hash at `position`, which is in 0..<count.
  mutating func remove(at position: Int) {
    if position == 0 {
      head = slot(1)
    } else {
      for index in position..<count - 1 { self[index] = self[index + 1] }
    }
    count -= 1
  }

  mutating func removeAll() {
    head = 0
    count = 0
  }
}
