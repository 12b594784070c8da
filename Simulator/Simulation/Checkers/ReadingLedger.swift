/// What has become of one reading.
struct ReadingRecord {
  struct Marks: OptionSet {
    var rawValue: UInt16

    /// The outbox took it.
    static let accepted = Marks(rawValue: 1)
    /// The server has read it from a connection.
    static let read = Marks(rawValue: 2)
    /// The server's event loop has relayed and stored it.
    static let relayed = Marks(rawValue: 4)
    /// It left the outbox when that counted a reading as dropped.
    static let dropped = Marks(rawValue: 8)
    /// It left the outbox as confirmed.
    static let confirmed = Marks(rawValue: 16)
    /// It was in the outbox when the node lost its power.
    static let lostAtPowerOff = Marks(rawValue: 32)
    /// The server had read it and ended before it was relayed.
    static let swallowed = Marks(rawValue: 64)
    /// The subscriber has it.
    static let delivered = Marks(rawValue: 128)
    /// The subscriber was away while the server forgot it.
    static let mayMiss = Marks(rawValue: 256)
    /// It was confirmed on a connection slower than the rules of confirmation allow for.
    static let confirmedOnSlowConnection = Marks(rawValue: 512)
    /// The server relayed it more than once.
    static let repeated = Marks(rawValue: 1024)
  }

  var marks: Marks = []
  /// Where the first copy stands among the entries of its channel.
  var entry: Int32 = -1
  /// The connection on which the server read it last.
  var connection: Int32 = -1
}

/// The readings of one boot of one node.
final class BootLedger {
  /// The boot's number, as the readings tell it.
  let number: UInt32
  private(set) var records: [ReadingRecord] = []
  /// The numbers of the readings that are in the outbox now, as far as can be told from outside.
  private(set) var inOutbox: [Int] = []
  private var inOutboxHead = 0
  var highestRelayed = -1
  var highestDelivered = -1
  /// Readings dropped, as the outbox counted at last.
  var droppedQueued = 0
  var droppedUnconfirmed = 0

  init(number: UInt32) { self.number = number }

  subscript(sequence: Int) -> ReadingRecord {
    get { records[sequence] }
    set { records[sequence] = newValue }
  }

  func contains(_ sequence: Int) -> Bool { sequence < records.count }

  var count: Int { records.count }
  var outboxCount: Int { inOutbox.count - inOutboxHead }
  var oldestInOutbox: Int? { outboxCount > 0 ? inOutbox[inOutboxHead] : nil }

  /// The outbox took the reading with this number, or refused it.
  func made(_ sequence: Int, isAccepted: Bool) {
    while records.count <= sequence { records.append(ReadingRecord()) }
    guard isAccepted else { return }
    records[sequence].marks.insert(.accepted)
    inOutbox.append(sequence)
  }

  /// The oldest reading has left the outbox.
  func takeOldest() -> Int? {
    guard let oldest = oldestInOutbox else { return nil }
    inOutboxHead += 1
    if inOutboxHead == inOutbox.count {
      inOutbox.removeAll(keepingCapacity: true)
      inOutboxHead = 0
    }
    return oldest
  }

  /// What is wrong at the end: readings that were accepted, did not arrive, and that nothing accounts for.
  func unexplainedLoss() -> String? {
    var missingDropped = 0
    for (sequence, record) in records.enumerated() {
      let marks = record.marks
      guard marks.contains(.accepted), !marks.contains(.relayed) else { continue }
      if !marks.isDisjoint(with: [.lostAtPowerOff, .swallowed, .confirmedOnSlowConnection]) { continue }
      guard marks.contains(.dropped) else {
        return "reading \(sequence) of boot \(number) was accepted, did not arrive, and is not counted as dropped"
      }
      missingDropped += 1
    }
    guard missingDropped <= droppedQueued + droppedUnconfirmed else {
      return "\(missingDropped) readings of boot \(number) did not arrive, but only "
        + "\(droppedQueued) + \(droppedUnconfirmed) are counted as dropped"
    }
    return nil
  }
}

/// The readings of one channel in the order in which the server relayed them, and how far its subscriber is.
struct ChannelLog {
  private(set) var ids: [ReadingID] = []
  private(set) var entries: [Int] = []
  /// All before this one were delivered, or may miss.
  private(set) var settledCount = 0
  var hasSubscriber = false

  mutating func append(_ id: ReadingID, entry: Int) {
    guard hasSubscriber else { return }
    ids.append(id)
    entries.append(entry)
  }

  /// Goes on over what `isSettled`.
  mutating func settle(_ isSettled: (ReadingID) -> Bool) {
    while settledCount < ids.count, isSettled(ids[settledCount]) { settledCount += 1 }
  }
}
