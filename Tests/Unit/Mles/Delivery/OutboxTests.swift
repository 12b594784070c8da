import Testing
import WebSocket

@testable import Mles

@Suite struct OutboxTests {
  typealias Small = Outbox<16, 4>

  private func append(_ text: StaticString, _ outbox: inout Small) -> OutboxError? {
    let bytes = [UInt8](text)
    do throws(OutboxError) {
      try outbox.append(bytes.span, kind: .text)
      return nil
    } catch {
      return error
    }
  }

  private func texts(_ outbox: borrowing Small) -> [String] {
    (0..<outbox.count).map { String(decoding: Array(outbox.message(at: $0)), as: UTF8.self) }
  }

  private func states(_ outbox: borrowing Small) -> [OutboxMessageState?] {
    (0..<outbox.count).map { outbox.state(at: $0) }
  }

  @Test func messagesComeOutInOrderWithTheirKinds() throws {
    var outbox = Small(policy: .refuseNewest)
    let messages: [[UInt8]] = [[1, 2, 3], [], [4]]
    for message in messages { try outbox.append(message.span, kind: message.count == 3 ? .binary : .text) }
    var out: [([UInt8], MessageKind)] = []
    while outbox.unsentCount > 0 {
      out.append((Array(outbox.next), outbox.nextKind))
      outbox.releaseSent()
    }
    #expect(out.map(\.0) == messages)
    #expect(out.map(\.1) == [.binary, .text, .text])
    let isEmpty = outbox.isEmpty
    #expect(isEmpty)
  }

  @Test func aMessageLargerThanTheOutboxIsRefusedUnderBothPolicies() {
    for policy in [OverflowPolicy.refuseNewest, .dropOldest] {
      var outbox = Small(policy: policy)
      #expect(append("kept", &outbox) == nil)
      #expect(append("seventeen bytes !", &outbox) == .tooLarge(neededBytes: 17, capacityBytes: 16))
      #expect(texts(outbox) == ["kept"])
      #expect(outbox.counters.tooLarge == 1)
    }
  }

  @Test func refuseNewestKeepsWhatCameFirst() {
    var outbox = Small(policy: .refuseNewest)
    #expect(append("0123456789", &outbox) == nil)
    #expect(append("abcdefg", &outbox) == .full(neededBytes: 7, freeBytes: 6, freeMessages: 3))
    #expect(append("abcdef", &outbox) == nil)
    #expect(append("", &outbox) == nil)
    #expect(append("", &outbox) == nil)
    #expect(append("", &outbox) == .full(neededBytes: 0, freeBytes: 0, freeMessages: 0))
    #expect(texts(outbox) == ["0123456789", "abcdef", "", ""])
    #expect(outbox.counters.refused == 2)
  }

  @Test func dropOldestMakesJustEnoughRoom() {
    var outbox = Small(policy: .dropOldest)
    for text in ["aaaa", "bbbb", "cccc", "dddd"] as [StaticString] { #expect(append(text, &outbox) == nil) }
    #expect(append("eeeee", &outbox) == nil)
    #expect(texts(outbox) == ["cccc", "dddd", "eeeee"])
    #expect(outbox.counters.droppedQueued == 2)
  }

  @Test func dropOldestCountsUnconfirmedMessagesApart() {
    var outbox = Small(policy: .dropOldest)
    for text in ["a", "b", "c", "d"] as [StaticString] { #expect(append(text, &outbox) == nil) }
    outbox.markSent()
    #expect(append("e", &outbox) == nil)
    #expect(append("f", &outbox) == nil)
    #expect(texts(outbox) == ["c", "d", "e", "f"])
    #expect(outbox.counters.droppedUnconfirmed == 1)
    #expect(outbox.counters.droppedQueued == 1)
  }

  @Test func aMessageThatIsBeingSentIsNotDropped() {
    var outbox = Small(policy: .dropOldest)
    for text in ["aaaa", "bbbb", "cccc", "dddd"] as [StaticString] { #expect(append(text, &outbox) == nil) }
    outbox.beginNext()
    #expect(append("0123456789ab", &outbox) == nil)
    #expect(texts(outbox) == ["aaaa", "0123456789ab"])
    // It and the new message together do not fit: refused, and nothing is dropped in vain.
    #expect(append("0123456789abc", &outbox) == .full(neededBytes: 13, freeBytes: 0, freeMessages: 2))
    #expect(texts(outbox) == ["aaaa", "0123456789ab"])
    outbox.markSent()
    #expect(append("0123456789abc", &outbox) == nil)
    #expect(texts(outbox) == ["0123456789abc"])
  }

  @Test func afterALostConnectionUnconfirmedMessagesAreSentAgainInOrder() {
    var outbox = Small(policy: .refuseNewest)
    for text in ["a", "b", "c"] as [StaticString] { #expect(append(text, &outbox) == nil) }
    outbox.markSent()
    outbox.markSent()
    outbox.beginNext()
    #expect(states(outbox) == [.unconfirmed, .unconfirmed, .sending])
    outbox.rewind()
    #expect(states(outbox) == [.requeued, .requeued, .queued])
    #expect(outbox.counters.resent == 2)
    var sent: [[UInt8]] = []
    while outbox.unsentCount > 0 {
      sent.append(Array(outbox.next))
      outbox.markSent()
    }
    #expect(sent == [[0x61], [0x62], [0x63]])
    outbox.confirmSent()
    let isEmpty = outbox.isEmpty
    #expect(isEmpty)
    #expect(outbox.counters.sent == 5)
    #expect(outbox.counters.confirmed == 3)
  }

  @Test func confirmSentLeavesWhatWasNotSent() {
    var outbox = Small(policy: .refuseNewest)
    for text in ["a", "b", "c"] as [StaticString] { #expect(append(text, &outbox) == nil) }
    outbox.markSent()
    outbox.confirmSent()
    #expect(texts(outbox) == ["b", "c"])
    #expect(states(outbox) == [.queued, .queued])
  }

  @Test func singleMessagesCanBeConfirmedOnlyWhenTheyWereSent() {
    var outbox = Small(policy: .refuseNewest)
    for text in ["a", "b", "c", "d"] as [StaticString] { #expect(append(text, &outbox) == nil) }
    for _ in 0..<3 { outbox.markSent() }
    outbox.rewind()
    outbox.beginNext()
    let confirmed = [3, 0, 1, -1, 4].map { outbox.confirm(at: $0) }
    #expect(confirmed == [false, false, true, false, false])
    #expect(texts(outbox) == ["a", "c", "d"])
    #expect(outbox.counters.confirmed == 1)
  }

  @Test func operationsOnAnEmptyOutboxDoNothing() {
    var outbox = Small(policy: .dropOldest)
    outbox.beginNext()
    outbox.markSent()
    outbox.releaseSent()
    outbox.confirmSent()
    outbox.rewind()
    outbox.removeAll()
    let isSending = outbox.isSending
    #expect(!isSending)
    #expect(outbox.counters == OutboxCounters())
    #expect(outbox.state(at: 0) == nil)
    #expect(Array(outbox.message(at: 0)) == [])
  }

  @Test func theDefaultFitsIntoItsShareOfTheMemory() {
    #expect(MemoryLayout<DefaultOutbox>.size <= 2304)
  }
}
