/// A payload's hash in a history filter, and what is known about the message, in one word.
struct HistoryHash: Equatable {
  private var word: UInt64

  private static let ownBit: UInt64 = 1 &<< 63
  private static let resentBit: UInt64 = 1 &<< 62
  private static let usedBit: UInt64 = 1 &<< 61
  private static let unplacedBit: UInt64 = 1 &<< 60
  private static let valueMask: UInt64 = unplacedBit &- 1

  init() { word = 0 }

  init(_ payload: Span<UInt8>) { word = SipHash24.hash(payload) & Self.valueMask }

  /// Whether it is a message of our own that has not come back yet, so that its place in the server's order is not known.
  var isOwn: Bool {
    get { has(Self.ownBit) }
    set { set(Self.ownBit, newValue) }
  }

  /// Whether it was sent more than once.
  var isResent: Bool {
    get { has(Self.resentBit) }
    set { set(Self.resentBit, newValue) }
  }

  /// Whether it was recognised or received in this replay phase, and is not expected.
  var isUsed: Bool {
    get { has(Self.usedBit) }
    set { set(Self.usedBit, newValue) }
  }

  /// Whether it was received at a time when its place among what is expected could not be told; of an own message, whether
  /// its place among the other own ones is not known.
  var isUnplaced: Bool {
    get { has(Self.unplacedBit) }
    set { set(Self.unplacedBit, newValue) }
  }

  /// Whether its place in the server's order is known.
  var isPlaced: Bool { !isOwn && !isUnplaced }

  /// Whether it is an own message that was sent again and has not come back since: the server may have it anew.
  var isSentAgain: Bool { isResent || isOwn && isUnplaced }

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
