import WebSocket

@testable import Mles

/// What an outbox does, with arrays and nothing clever.
struct OutboxModel {
  struct Message: Equatable {
    var bytes: [UInt8]
    var kind: MessageKind
    var sentMilliseconds: UInt64 = 0
  }

  let capacityBytes: Int
  let capacityMessages: Int
  let policy: OverflowPolicy
  let messagesAreUnique: Bool
  /// Sent, and not known to have arrived; they are older than all of `queue`.
  var unconfirmed: [Message] = []
  var queue: [Message] = []
  var isInDoubt = false
  var counters = OutboxCounters()
  /// How many of the oldest were sent on an earlier connection.
  private var sentEarlier = 0
  /// Let go of, and still to be proven by one of `unconfirmed`.
  private var released: UInt64 = 0

  init(capacityBytes: Int, capacityMessages: Int, policy: OverflowPolicy, messagesAreUnique: Bool) {
    self.messagesAreUnique = messagesAreUnique
    self.capacityBytes = capacityBytes
    self.capacityMessages = capacityMessages
    self.policy = policy
  }

  var messages: [Message] { unconfirmed + queue }
  var byteCount: Int { messages.reduce(0) { $0 + $1.bytes.count } }
  var hasNext: Bool { !queue.isEmpty && !isInDoubt }

  mutating func append(_ message: Message) -> OutboxError? {
    let size = message.bytes.count
    if size > capacityBytes {
      counters.tooLarge += 1
      return .tooLarge(neededBytes: size, capacityBytes: capacityBytes)
    }
    // Try on a copy, keep it only when the message fits in the end.
    var trial = self
    while !trial.fits(size), trial.dropOldest() {}
    guard trial.fits(size) else {
      counters.refused += 1
      return .full(
        neededBytes: size, freeBytes: capacityBytes - byteCount, freeMessages: capacityMessages - messages.count)
    }
    trial.queue.append(message)
    trial.counters.accepted += 1
    self = trial
    return nil
  }

  private func fits(_ size: Int) -> Bool { byteCount + size <= capacityBytes && messages.count < capacityMessages }

  private mutating func dropOldest() -> Bool {
    if policy == .refuseNewest || (policy == .letGoOfSent && (isInDoubt || unconfirmed.isEmpty)) { return false }
    guard unconfirmed.isEmpty else {
      unconfirmed.removeFirst()
      sentEarlier = max(0, sentEarlier - 1)
      counters.droppedUnconfirmed += 1
      released += 1
      if isInDoubt, unconfirmed.isEmpty { (isInDoubt, released) = (false, 0) }
      return true
    }
    guard !queue.isEmpty else { return false }
    queue.removeFirst()
    if sentEarlier > 0 { counters.droppedUnconfirmed += 1 } else { counters.droppedQueued += 1 }
    sentEarlier = max(0, sentEarlier - 1)
    return true
  }

  mutating func markSent(_ now: UInt64) {
    guard hasNext else { return }
    var message = queue.removeFirst()
    message.sentMilliseconds = now
    unconfirmed.append(message)
    counters.sent += 1
  }

  private mutating func confirm(_ count: Int) {
    unconfirmed.removeFirst(count)
    sentEarlier = max(0, sentEarlier - count)
    counters.confirmed += UInt64(count) + released
    counters.droppedUnconfirmed -= released
    released = 0
  }

  mutating func confirmSent() {
    if !isInDoubt { confirm(unconfirmed.count) }
  }

  mutating func confirmSent(before time: UInt64) {
    let count = unconfirmed.prefix { $0.sentMilliseconds <= time }.count
    if !isInDoubt, count > 0 { confirm(count) }
  }

  mutating func rewind(wasRead: Bool) {
    guard !isInDoubt else { return }
    if !wasRead {
      counters.droppedUnconfirmed -= released
      counters.droppedQueued += released
      requeue()
    }
    while unconfirmed.count < sentEarlier { unconfirmed.append(queue.removeFirst()) }
    isInDoubt = !unconfirmed.isEmpty
    if !isInDoubt { requeue() } else if !messagesAreUnique { settleDoubt() }
  }

  mutating func recognize(_ message: Message) -> Bool {
    guard isInDoubt,
      let index = unconfirmed.firstIndex(where: { $0.bytes == message.bytes && $0.kind == message.kind })
    else { return false }
    confirm(index + 1)
    isInDoubt = !unconfirmed.isEmpty
    return true
  }

  mutating func settleDoubt() {
    guard isInDoubt else { return }
    counters.resent += UInt64(unconfirmed.count)
    sentEarlier = messagesAreUnique ? unconfirmed.count : 0
    requeue()
  }

  private mutating func requeue() {
    queue = unconfirmed + queue
    unconfirmed = []
    (isInDoubt, released) = (false, 0)
  }
}
