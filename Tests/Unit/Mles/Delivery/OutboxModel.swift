import WebSocket

@testable import Mles

/// What an outbox does, with arrays and nothing clever.
struct OutboxModel {
  struct Message: Equatable {
    var bytes: [UInt8]
    var kind: MessageKind
    var wasSent = false
  }

  let capacityBytes: Int
  let capacityMessages: Int
  let policy: OverflowPolicy
  /// Sent on this connection; they are older than all of `queue`.
  var unconfirmed: [Message] = []
  var queue: [Message] = []
  var isSending = false
  var counters = OutboxCounters()

  var messages: [Message] { unconfirmed + queue }
  var byteCount: Int { messages.reduce(0) { $0 + $1.bytes.count } }

  mutating func append(_ message: Message) -> OutboxError? {
    let size = message.bytes.count
    if size > capacityBytes {
      counters.tooLarge += 1
      return .tooLarge(neededBytes: size, capacityBytes: capacityBytes)
    }
    // Try on a copy, keep it only when the message fits in the end.
    var trial = self
    if policy == .dropOldest {
      while !trial.fits(size), trial.dropOldest() {}
    }
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
    let dropped: Message
    if !unconfirmed.isEmpty {
      dropped = unconfirmed.removeFirst()
    } else if queue.count > (isSending ? 1 : 0) {
      dropped = queue.remove(at: isSending ? 1 : 0)
    } else {
      return false
    }
    count(dropped: dropped)
    return true
  }

  private mutating func count(dropped: Message) {
    if dropped.wasSent { counters.droppedUnconfirmed += 1 } else { counters.droppedQueued += 1 }
  }

  mutating func begin() { if !queue.isEmpty { isSending = true } }

  mutating func markSent() {
    guard !queue.isEmpty else { return }
    var message = queue.removeFirst()
    message.wasSent = true
    unconfirmed.append(message)
    isSending = false
    counters.sent += 1
  }

  mutating func confirmSent() {
    counters.confirmed += UInt64(unconfirmed.count)
    unconfirmed = []
  }

  mutating func rewind() {
    counters.resent += UInt64(unconfirmed.count)
    queue = unconfirmed + queue
    unconfirmed = []
    isSending = false
  }

  mutating func confirm(at index: Int) -> Bool {
    if unconfirmed.indices.contains(index) {
      unconfirmed.remove(at: index)
    } else {
      let position = index - unconfirmed.count
      guard queue.indices.contains(position), queue[position].wasSent, !(isSending && position == 0) else {
        return false
      }
      queue.remove(at: position)
    }
    counters.confirmed += 1
    return true
  }

  mutating func removeAll() {
    for message in messages { count(dropped: message) }
    unconfirmed = []
    queue = []
    isSending = false
  }
}
