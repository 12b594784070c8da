import Bytes
public import WebSocket

/// What an outbox does with a message that does not fit any more.
public enum OverflowPolicy: Equatable, Sendable {
  /// The new message is refused: what was accepted first is kept. For events that must all arrive, in order.
  case refuseNewest
  /// The oldest messages are dropped until the new one fits. For readings: the latest are worth most.
  case dropOldest
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
/// A message stays in the outbox from `append` until the server is known to have it. There is no acknowledgement in
/// Mles v2, so that is known in two steps only: what was sent while the join was unconfirmed is confirmed by the first
/// frame from the server (`confirmSent`), and what is sent on a joined session is let go when the connection has taken
/// it (`releaseSent`). When the connection ends before, `rewind` queues it again, in order.
///
///     append ─▶ queued ─▶ (beginNext) ─▶ markSent ─▶ unconfirmed ─▶ confirmSent ─▶ gone, counted as confirmed
///                 ▲                                       │
///                 └─────────────── rewind ────────────────┘
///
/// Nothing that was accepted disappears without being counted: at any time
/// `accepted == confirmed + droppedQueued + droppedUnconfirmed + count`.
///
/// Each message is one run of bytes, so that it can be handed to a frame encoder in place. Nothing is moved while there
/// is room behind the last message.
public struct Outbox<let capacityBytes: Int, let capacityMessages: Int>: ~Copyable {
  /// What to do with a message that does not fit.
  public let policy: OverflowPolicy
  /// What has happened so far.
  public private(set) var counters = OutboxCounters()
  /// The number of messages held, in any state.
  public private(set) var count = 0
  /// The number of messages that were sent on this connection and are not confirmed; they are the oldest.
  public private(set) var unconfirmedCount = 0
  /// Whether the transmission of `next` has begun: it is not dropped until `markSent` or `rewind`.
  public private(set) var isSending = false

  private var bytes = ByteBuffer<capacityBytes>()
  /// The messages, oldest first, from `firstEntry` on.
  private var entries = InlineArray<capacityMessages, OutboxEntry>(repeating: OutboxEntry())
  private var firstEntry = 0

  /// An empty outbox.
  public init(policy: OverflowPolicy) {
    self.policy = policy
  }

  /// Whether no message is held.
  public var isEmpty: Bool { count == 0 }
  /// The number of messages that are still to be sent on this connection.
  public var unsentCount: Int { count &- unconfirmedCount }
  /// The bytes that all messages held take, in bytes.
  public var byteCount: Int { bytes.count }
  /// The room that is left for messages, in bytes; a message also needs a free slot.
  public var freeBytes: Int { bytes.freeCapacity }

  // MARK: In

  /// Accepts a copy of `message` behind all others, making room as `policy` says.
  ///
  /// With `dropOldest` the oldest messages go, unconfirmed ones first since they are the oldest, but never one whose
  /// transmission has begun. When the message would not fit even so, nothing is dropped and it is refused.
  public mutating func append(_ message: Span<UInt8>, kind: MessageKind) throws(OutboxError) {
    guard message.count <= min(capacityBytes, OutboxEntry.maximumLength), capacityMessages > 0 else {
      counters.tooLarge &+= 1
      throw .tooLarge(neededBytes: message.count, capacityBytes: capacityMessages > 0 ? capacityBytes : 0)
    }
    guard fits(message.count) || (policy == .dropOldest && canMakeRoom(message.count)) else {
      counters.refused &+= 1
      throw .full(neededBytes: message.count, freeBytes: freeBytes, freeMessages: capacityMessages &- count)
    }
    // `canMakeRoom` says that this ends: at the latest when only the message being sent is left.
    while !fits(message.count) { drop(at: isSending && unconfirmedCount == 0 ? 1 : 0) }
    moveEntriesToFront()
    entries[firstEntry &+ count] = OutboxEntry(length: message.count, kind: kind)
    _ = bytes.append(message)  // It fits, as checked above.
    count &+= 1
    counters.accepted &+= 1
  }

  private func fits(_ messageBytes: Int) -> Bool {
    messageBytes <= bytes.freeCapacity && count < capacityMessages
  }

  /// Whether a message fits when everything else is dropped but the message that is being sent.
  private func canMakeRoom(_ messageBytes: Int) -> Bool {
    guard isSending else { return true }
    return messageBytes <= capacityBytes &- entry(unconfirmedCount).length && capacityMessages > 1
  }

  // MARK: Out

  /// The bytes of the message to send next; empty when `unsentCount` is 0, but also for a message without bytes.
  public var next: Span<UInt8> {
    @_addressableSelf @_lifetime(borrow self)
    get { message(at: unconfirmedCount) }
  }

  /// The kind of the message to send next; it says nothing when `unsentCount` is 0.
  public var nextKind: MessageKind { kind(at: unconfirmedCount) ?? .text }

  /// Says that bytes of `next` are on their way, so that it must stay until `markSent` or `rewind`. To be called only
  /// when a message is sent in pieces; a message that is copied whole is just marked as sent.
  public mutating func beginNext() {
    if unsentCount > 0 { isSending = true }
  }

  /// Says that the connection has taken all of `next`: it becomes unconfirmed, and the one behind it is next.
  public mutating func markSent() {
    guard unsentCount > 0 else { return }
    isSending = false
    entries[firstEntry &+ unconfirmedCount].wasSent = true
    unconfirmedCount &+= 1
    counters.sent &+= 1
  }

  /// Lets go of everything sent so far: the server has proven that it read what was sent before, or the session is
  /// joined and nothing better will come.
  public mutating func confirmSent() {
    while unconfirmedCount > 0 {
      remove(at: 0)
      counters.confirmed &+= 1
    }
  }

  /// On a joined session: `next` has been taken by the connection and need not be kept.
  public mutating func releaseSent() {
    markSent()
    confirmSent()
  }

  /// The connection has ended: everything unconfirmed is to be sent again, before what was queued behind it.
  public mutating func rewind() {
    counters.resent &+= UInt64(extending: unconfirmedCount)
    unconfirmedCount = 0
    isSending = false
  }

  /// Drops everything, counted as dropped.
  public mutating func removeAll() {
    isSending = false
    while count > 0 { drop(at: 0) }
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

  /// Where the message at `index` stands, 0 for the oldest; nil where there is none.
  public func state(at index: Int) -> OutboxMessageState? {
    guard index >= 0, index < count else { return nil }
    if index < unconfirmedCount { return .unconfirmed }
    if index == unconfirmedCount, isSending { return .sending }
    return entry(index).wasSent ? .requeued : .queued
  }

  /// Lets go of the one message at `index`, because the server is known to have it (it came back in the history).
  /// Only a message that was sent can be confirmed, and not while it is being sent again; returns whether it was.
  public mutating func confirm(at index: Int) -> Bool {
    guard let state = state(at: index), state == .unconfirmed || state == .requeued else { return false }
    remove(at: index)
    counters.confirmed &+= 1
    return true
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

  private mutating func drop(at index: Int) {
    if entry(index).wasSent { counters.droppedUnconfirmed &+= 1 } else { counters.droppedQueued &+= 1 }
    remove(at: index)
  }

  private mutating func remove(at index: Int) {
    let length = entry(index).length
    let start = offset(of: index)
    if start > 0 {
      // From the middle: the older messages move over it, then the room is at the front.
      var held = bytes.mutableBytes
      held.moveBytes(0..<start, to: length)
    }
    bytes.consume(length)
    var position = firstEntry &+ index
    while position > firstEntry {
      entries[position] = entries[position &- 1]
      position &-= 1
    }
    firstEntry &+= 1
    count &-= 1
    if index < unconfirmedCount { unconfirmedCount &-= 1 }
    if count == 0 { firstEntry = 0 }
  }

  private mutating func moveEntriesToFront() {
    guard firstEntry &+ count == capacityMessages, firstEntry > 0 else { return }
    for index in 0..<count { entries[index] = entries[firstEntry &+ index] }
    firstEntry = 0
  }
}

/// The outbox of a sensor node, at most 2,304 bytes with all its state.
///
/// A reading takes about 100 bytes, so 2,048 bytes hold some 20 of them and 32 slots do not run out first. At a reading
/// every 10 s that is three minutes without a connection, longer than a server keeps a ghost (96 s) plus the reconnect.
/// A node that has to bridge longer gaps uses a larger outbox of its own.
public typealias DefaultOutbox = Outbox<2048, 32>
