import Bytes
public import WebSocket

/// What an outbox does with a message that does not fit any more.
public enum OverflowPolicy: Equatable, Sendable {
  /// The new message is refused: what was accepted first is kept until it is known to have arrived. For events that must
  /// all arrive, in order.
  case refuseNewest
  /// The oldest messages are dropped until the new one fits. For readings: the latest are worth most.
  case dropOldest
  /// The oldest messages that were sent on this connection are let go of, though nothing proves yet that they arrived; one
  /// that was not sent, or is in doubt, is kept and the new one refused. For a stream that is larger than the outbox.
  case letGoOfSent
}

/// Why an outbox did not accept a message.
public enum OutboxError: Error, Equatable, Sendable {
  /// The message is larger than the whole outbox and can never be accepted.
  case tooLarge(neededBytes: Int, capacityBytes: Int)
  /// There is no room for it now, and none may be made. Either the bytes or the message slots are used up.
  case full(neededBytes: Int, freeBytes: Int, freeMessages: Int)
}

/// Messages on their way out: a first-in, first-out queue of variable-length messages in memory of a fixed size.
///
/// A message stays in the outbox from `append` until the server is known to have read it. Mles v2 has no acknowledgement;
/// what takes its place is said at each `confirm…`.
///
///     append ─▶ queued ─▶ markSent ─▶ unconfirmed ─▶ confirmSent, confirmSent(before:) ─▶ gone, counted as confirmed
///                 ▲                        │                                                    ▲
///                 │                     rewind                                                  │
///                 │                        ▼                                                    │
///                 └──── settleDoubt ─── in doubt ───────────── recognize ───────────────────────┘
///
/// The server reads a connection's messages in their order, and each connection begins with the oldest. So at any time a
/// message that the server has read proves that it has read all the older ones, and those that may have been read, but are
/// not known to be, are the oldest here. What was sent on an earlier connection stays one of these although a replay was
/// without it: after a connection that failed in the wrong moment that proves little, and the next replay may have it.
///
/// Nothing that was accepted disappears without being counted: at any time
/// `accepted == confirmed + droppedQueued + droppedUnconfirmed + count`.
///
/// Each message is one run of bytes, so that it can be handed to a frame encoder in place. Nothing is moved while there
/// is room behind the last message.
public struct Outbox<let capacityBytes: Int, let capacityMessages: Int>: ~Copyable {
  /// What to do with a message that does not fit.
  public let policy: OverflowPolicy
  /// Whether no two messages have the same bytes, so that one that is replayed is known for what it is. Where that is not
  /// so, nothing is in doubt: what may not have arrived is sent again, at least once.
  public let messagesAreUnique: Bool
  /// What has happened so far.
  public private(set) var counters = OutboxCounters()
  /// The number of messages held, in any state.
  public private(set) var count = 0
  /// The number of messages that were sent and are not known to have arrived; they are the oldest.
  public private(set) var unconfirmedCount = 0
  /// Whether these were sent on a connection that has ended. Until that is settled nothing is sent: what is missing goes
  /// first, and nothing goes twice.
  public private(set) var isInDoubt = false

  /// The number of messages held that were sent on an earlier connection, up to 65,535; they are the oldest.
  private var sentEarlierCount: UInt16 = 0
  /// Messages let go of while unconfirmed, or in doubt, and older than what is: a proof for one of these is a proof for them.
  private var releasedCount: UInt32 = 0
  private var bytes = ByteBuffer<capacityBytes>()
  /// The messages, oldest first, from `firstEntry` on.
  private var entries = InlineArray<capacityMessages, OutboxEntry>(repeating: OutboxEntry())
  private var firstEntry = 0

  /// An empty outbox.
  public init(policy: OverflowPolicy, messagesAreUnique: Bool = true) {
    self.policy = policy
    self.messagesAreUnique = messagesAreUnique
  }

  /// Whether no message is held.
  public var isEmpty: Bool { count == 0 }
  /// The number of messages that are still to be sent.
  public var unsentCount: Int { count &- unconfirmedCount }
  /// Whether there is a message to send now.
  public var hasNext: Bool { unsentCount > 0 && !isInDoubt }
  /// Whether there are messages, and all of them were sent on this connection.
  public var isAllSent: Bool { count > 0 && unsentCount == 0 && !isInDoubt }
  /// The bytes that all messages held take, in bytes.
  public var byteCount: Int { bytes.count }
  /// The room that is left for messages, in bytes; a message also needs a free slot.
  public var freeBytes: Int { bytes.freeCapacity }
  /// The room for messages when those that were sent are let go of, in bytes.
  public var roomBytes: Int { policy == .refuseNewest ? freeBytes : freeBytes &+ offset(of: unconfirmedCount) }

  // MARK: In

  /// Accepts a copy of `message` behind all others, making room as `policy` says. When the message would not fit even so,
  /// nothing is dropped and it is refused.
  public mutating func append(_ message: Span<UInt8>, kind: MessageKind) throws(OutboxError) {
    guard message.count <= min(capacityBytes, OutboxEntry.maximumLength), capacityMessages > 0 else {
      counters.tooLarge &+= 1
      throw .tooLarge(neededBytes: message.count, capacityBytes: capacityMessages > 0 ? capacityBytes : 0)
    }
    guard fits(message.count) || canMakeRoom(message.count) else {
      counters.refused &+= 1
      throw .full(neededBytes: message.count, freeBytes: freeBytes, freeMessages: capacityMessages &- count)
    }
    // `canMakeRoom` says that this ends: at the latest when nothing is left.
    while !fits(message.count) { dropOldest() }
    moveEntriesToFront()
    entries[firstEntry &+ count] = OutboxEntry(length: message.count, kind: kind)
    _ = bytes.append(message)  // It fits, as checked above.
    count &+= 1
    counters.accepted &+= 1
  }

  /// Whether a message of `messageBytes` bytes is accepted now without another one dropped for it.
  public func fits(_ messageBytes: Int) -> Bool {
    messageBytes <= bytes.freeCapacity && count < capacityMessages
  }

  private func canMakeRoom(_ messageBytes: Int) -> Bool {
    switch policy {
    case .refuseNewest: false
    case .dropOldest: true
    case .letGoOfSent: !isInDoubt && messageBytes <= roomBytes && unsentCount < capacityMessages
    }
  }

  // MARK: Out

  /// The bytes of the message to send next; empty when `hasNext` is false, but also for a message without bytes.
  public var next: Span<UInt8> {
    @_addressableSelf @_lifetime(borrow self)
    get { message(at: isInDoubt ? count : unconfirmedCount) }
  }

  /// The kind of the message to send next; it says nothing when `hasNext` is false.
  public var nextKind: MessageKind { kind(at: unconfirmedCount) ?? .text }

  /// Says that the connection has taken all of `next`: it becomes unconfirmed, and the one behind it is next.
  public mutating func markSent(nowMilliseconds: UInt64) {
    guard hasNext else { return }
    entries[firstEntry &+ unconfirmedCount].sentMilliseconds = UInt32(truncatingIfNeeded: nowMilliseconds)
    unconfirmedCount &+= 1
    counters.sent &+= 1
  }

  /// The server has read everything that was sent on this connection: it has answered what was sent behind it.
  public mutating func confirmSent() {
    guard !isInDoubt else { return }
    confirm(unconfirmedCount)
  }

  /// The server has read everything that was sent on this connection at this time or before, in milliseconds: it would not
  /// have kept the connection otherwise. To be called at least every three weeks.
  public mutating func confirmSent(before milliseconds: UInt64) {
    guard !isInDoubt else { return }
    let limit = UInt32(truncatingIfNeeded: milliseconds)
    var known = 0
    while known < unconfirmedCount, Int32(bitPattern: limit &- entry(known).sentMilliseconds) >= 0 { known &+= 1 }
    if known > 0 { confirm(known) }
  }

  // MARK: After a connection

  /// The connection has ended. What was sent on it is in doubt, or, when the server is known to have read nothing of it
  /// (`wasRead` false: it refused the join), to be sent as if it had never been. What was sent on an earlier connection is
  /// in doubt again.
  public mutating func rewind(wasRead: Bool) {
    guard !isInDoubt else { return }
    if !wasRead {
      // Those let go of have not arrived either.
      counters.droppedUnconfirmed &-= UInt64(extending: releasedCount)
      counters.droppedQueued &+= UInt64(extending: releasedCount)
      requeue()
    }
    unconfirmedCount = max(unconfirmedCount, Int(truncatingIfNeeded: sentEarlierCount))
    guard unconfirmedCount > 0 else { return requeue() }
    isInDoubt = true
    if !messagesAreUnique { settleDoubt() }
  }

  /// In doubt: the server has replayed this message on the new connection. If it is one of those in doubt, the server has
  /// read it and all the older ones; false if it is not.
  public mutating func recognize(_ message: Span<UInt8>, kind: MessageKind) -> Bool {
    guard isInDoubt else { return false }
    for index in 0..<unconfirmedCount where entry(index).kind == kind && self.message(at: index).isEqual(to: message) {
      confirm(index &+ 1)
      isInDoubt = unconfirmedCount > 0
      return true
    }
    return false
  }

  /// In doubt: the server has replayed all that it has. What was not among it is to be sent again, before what was queued
  /// behind it.
  public mutating func settleDoubt() {
    guard isInDoubt else { return }
    counters.resent &+= UInt64(extending: unconfirmedCount)
    if messagesAreUnique { sentEarlierCount = UInt16(truncatingIfNeeded: min(unconfirmedCount, 0xFFFF)) }
    requeue()
  }

  private mutating func requeue() {
    unconfirmedCount = 0
    releasedCount = 0
    isInDoubt = false
  }

  // MARK: Single messages

  /// The bytes of the message at `index`, 0 for the oldest; empty where there is none.
  @inline(never)
  @_addressableSelf @_lifetime(borrow self)
  public func message(at index: Int) -> Span<UInt8> {
    guard index >= 0, index < count else { return bytes.bytes.extracting(0..<0) }
    let start = offset(of: index)
    return bytes.bytes.extracting(start..<start &+ entry(index).length)
  }

  /// The kind of the message at `index`, 0 for the oldest; nil where there is none.
  public func kind(at index: Int) -> MessageKind? {
    index >= 0 && index < count ? entry(index).kind : nil
  }

  // MARK: Storage

  @inline(never)
  private func entry(_ index: Int) -> OutboxEntry { entries[firstEntry &+ index] }

  /// Where the message at `index` begins in `bytes`.
  @inline(never)
  private func offset(of index: Int) -> Int {
    var offset = 0
    for before in 0..<index { offset &+= entry(before).length }
    return offset
  }

  /// The server has the `known` oldest messages, which are unconfirmed or in doubt, and so all that were let go before.
  private mutating func confirm(_ known: Int) {
    for _ in 0..<known { removeOldest() }
    unconfirmedCount &-= known
    let proven = UInt64(extending: releasedCount)
    counters.confirmed &+= UInt64(extending: known) &+ proven
    counters.droppedUnconfirmed &-= proven
    releasedCount = 0
  }

  private mutating func dropOldest() {
    if unconfirmedCount > 0 {
      counters.droppedUnconfirmed &+= 1
      releasedCount &+= 1
      unconfirmedCount &-= 1
      // Nothing is left by which those let go of could be proven.
      if unconfirmedCount == 0, isInDoubt { requeue() }
    } else if sentEarlierCount > 0 {
      counters.droppedUnconfirmed &+= 1
    } else {
      counters.droppedQueued &+= 1
    }
    removeOldest()
  }

  private mutating func removeOldest() {
    if sentEarlierCount > 0 { sentEarlierCount &-= 1 }
    bytes.consume(entry(0).length)
    firstEntry &+= 1
    count &-= 1
    if count == 0 { firstEntry = 0 }
  }

  private mutating func moveEntriesToFront() {
    guard firstEntry &+ count == capacityMessages, firstEntry > 0 else { return }
    for index in 0..<count { entries[index] = entries[firstEntry &+ index] }
    firstEntry = 0
  }
}

/// The outbox of a sensor node, at most 2,432 bytes with all its state.
///
/// A reading takes about 100 bytes, so 2,048 bytes hold some 20 of them and 32 slots do not run out first. At a reading
/// every 10 s that is more than three minutes: the 120 s until a reading is confirmed on a living connection, or the 96 s
/// of a ghost, the reconnect and the 24 s until the replay is over. A node that has to bridge longer gaps, or measures more
/// often and is to prove each reading, uses a larger outbox of its own.
public typealias DefaultOutbox = Outbox<2048, 32>
