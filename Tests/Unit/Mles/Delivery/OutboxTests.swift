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

  private func sendAll(_ outbox: inout Small, at milliseconds: UInt64 = 0) -> [String] {
    var sent: [String] = []
    while outbox.hasNext {
      sent.append(String(decoding: Array(outbox.next), as: UTF8.self))
      outbox.markSent(nowMilliseconds: milliseconds)
    }
    return sent
  }

  private func recognize(_ text: StaticString, _ outbox: inout Small, kind: MessageKind = .text) -> Bool {
    let bytes = [UInt8](text)
    return outbox.recognize(bytes.span, kind: kind)
  }

  /// An outbox with messages a, b, c, of which `count` were sent on a connection that has ended.
  private func inDoubt(_ count: Int, policy: OverflowPolicy = .refuseNewest) -> Small {
    var outbox = Small(policy: policy)
    for text in ["a", "b", "c"] as [StaticString] { #expect(append(text, &outbox) == nil) }
    for _ in 0..<count { outbox.markSent(nowMilliseconds: 0) }
    outbox.rewind(wasRead: true)
    return outbox
  }

  @Test func messagesComeOutInOrderWithTheirKinds() throws {
    var outbox = Small(policy: .refuseNewest)
    let messages: [[UInt8]] = [[1, 2, 3], [], [4]]
    for message in messages { try outbox.append(message.span, kind: message.count == 3 ? .binary : .text) }
    var out: [([UInt8], MessageKind)] = []
    while outbox.hasNext {
      out.append((Array(outbox.next), outbox.nextKind))
      outbox.markSent(nowMilliseconds: 0)
    }
    #expect(out.map(\.0) == messages)
    #expect(out.map(\.1) == [.binary, .text, .text])
    outbox.confirmSent()
    let isEmpty = outbox.isEmpty
    #expect(isEmpty)
  }

  @Test func aMessageLargerThanTheOutboxIsRefusedUnderAllPolicies() {
    for policy in [OverflowPolicy.refuseNewest, .dropOldest, .letGoOfSent] {
      var outbox = Small(policy: policy)
      #expect(append("kept", &outbox) == nil)
      #expect(append("seventeen bytes !", &outbox) == .tooLarge(neededBytes: 17, capacityBytes: 16))
      #expect(texts(outbox) == ["kept"])
      #expect(outbox.counters.tooLarge == 1)
    }
  }

  @Test func refuseNewestKeepsWhatCameFirstSentOrNot() {
    var outbox = Small(policy: .refuseNewest)
    #expect(append("0123456789", &outbox) == nil)
    #expect(append("abcdefg", &outbox) == .full(neededBytes: 7, freeBytes: 6, freeMessages: 3))
    #expect(append("abcdef", &outbox) == nil)
    #expect(sendAll(&outbox) == ["0123456789", "abcdef"])
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
    outbox.markSent(nowMilliseconds: 0)
    #expect(append("e", &outbox) == nil)
    #expect(append("f", &outbox) == nil)
    #expect(texts(outbox) == ["c", "d", "e", "f"])
    #expect(outbox.counters.droppedUnconfirmed == 1)
    #expect(outbox.counters.droppedQueued == 1)
  }

  @Test func letGoOfSentMakesRoomOnlyOfWhatWasSent() {
    var outbox = Small(policy: .letGoOfSent)
    for text in ["aaaa", "bbbb", "cccc"] as [StaticString] { #expect(append(text, &outbox) == nil) }
    #expect(append("ddddd", &outbox) == .full(neededBytes: 5, freeBytes: 4, freeMessages: 1))
    outbox.markSent(nowMilliseconds: 0)
    let room = outbox.roomBytes
    #expect(room == 8)
    #expect(append("ddddd", &outbox) == nil)
    #expect(texts(outbox) == ["bbbb", "cccc", "ddddd"])
    #expect(outbox.counters.droppedUnconfirmed == 1)
    outbox.markSent(nowMilliseconds: 0)
    outbox.rewind(wasRead: true)
    // What is in doubt is kept: it may have to be sent again.
    #expect(append("eeee", &outbox) == .full(neededBytes: 4, freeBytes: 3, freeMessages: 1))
  }

  @Test func aProofForAMessageIsOneForThoseLetGoOfBeforeIt() {
    var outbox = Small(policy: .dropOldest)
    for text in ["a", "b", "c", "d"] as [StaticString] { #expect(append(text, &outbox) == nil) }
    #expect(sendAll(&outbox) == ["a", "b", "c", "d"])
    for text in ["e", "f"] as [StaticString] { #expect(append(text, &outbox) == nil) }
    #expect(outbox.counters.droppedUnconfirmed == 2)
    outbox.confirmSent()
    #expect(outbox.counters.droppedUnconfirmed == 0)
    #expect(outbox.counters.confirmed == 4)
    #expect(texts(outbox) == ["e", "f"])
  }

  @Test func whatIsSentAgainProvesNothingForThoseLetGoOfOnAnEarlierConnection() {
    var outbox = inDoubt(3, policy: .dropOldest)
    for text in ["d", "e"] as [StaticString] { #expect(append(text, &outbox) == nil) }
    outbox.settleDoubt()
    #expect(sendAll(&outbox) == ["b", "c", "d", "e"])
    outbox.confirmSent()
    #expect(outbox.counters.droppedUnconfirmed == 1)
    #expect(outbox.counters.confirmed == 4)
  }

  @Test func whenAllInDoubtWereLetGoOfTheNewOnesNeedNotWait() {
    var outbox = inDoubt(3, policy: .dropOldest)
    for text in ["d", "e", "f", "g"] as [StaticString] { #expect(append(text, &outbox) == nil) }
    let isInDoubt = outbox.isInDoubt
    #expect(!isInDoubt)
    #expect(sendAll(&outbox) == ["d", "e", "f", "g"])
    outbox.confirmSent()
    #expect(outbox.counters.droppedUnconfirmed == 3)
  }

  @Test func nothingIsSentWhileInDoubt() {
    var outbox = inDoubt(2)
    #expect(sendAll(&outbox) == [])
    outbox.confirmSent()
    outbox.confirmSent(before: 1_000_000)
    #expect(texts(outbox) == ["a", "b", "c"])
    #expect(outbox.counters.confirmed == 0)
  }

  @Test func whatTheReplayDoesNotHoldIsSentAgainInOrderBeforeTheRest() {
    var outbox = inDoubt(2)
    outbox.settleDoubt()
    #expect(outbox.counters.resent == 2)
    #expect(sendAll(&outbox) == ["a", "b", "c"])
    outbox.confirmSent()
    #expect(outbox.counters.sent == 5)
    #expect(outbox.counters.confirmed == 3)
  }

  @Test func aMessageInTheReplayProvesItselfAndTheOlderOnes() {
    var outbox = inDoubt(3)
    #expect(!recognize("x", &outbox))
    #expect(!recognize("b", &outbox, kind: .binary))
    #expect(recognize("b", &outbox))
    #expect(texts(outbox) == ["c"])
    #expect(outbox.counters.confirmed == 2)
    #expect(sendAll(&outbox) == [])
    #expect(!recognize("a", &outbox))
    outbox.settleDoubt()
    #expect(sendAll(&outbox) == ["c"])
  }

  @Test func whenAllAreRecognizedTheDoubtIsOver() {
    var outbox = inDoubt(2)
    #expect(recognize("a", &outbox))
    #expect(recognize("b", &outbox))
    #expect(sendAll(&outbox) == ["c"])
    #expect(outbox.counters.resent == 0)
  }

  @Test func aReplayThatWasCutShortLeavesTheRestInDoubt() {
    var outbox = inDoubt(3)
    #expect(recognize("a", &outbox))
    outbox.rewind(wasRead: true)
    #expect(sendAll(&outbox) == [])
    #expect(recognize("c", &outbox))
    let isEmpty = outbox.isEmpty
    #expect(isEmpty)
  }

  @Test func nothingIsInDoubtThatTheServerHasRefusedToRead() {
    var outbox = Small(policy: .refuseNewest)
    for text in ["a", "b"] as [StaticString] { #expect(append(text, &outbox) == nil) }
    outbox.markSent(nowMilliseconds: 0)
    outbox.rewind(wasRead: false)
    #expect(outbox.counters.resent == 0)
    #expect(sendAll(&outbox) == ["a", "b"])
  }

  @Test func whatWasLetGoOfOnARefusedConnectionIsLost() {
    var outbox = Small(policy: .dropOldest)
    for text in ["a", "b", "c", "d"] as [StaticString] { #expect(append(text, &outbox) == nil) }
    #expect(sendAll(&outbox) == ["a", "b", "c", "d"])
    #expect(append("e", &outbox) == nil)
    outbox.rewind(wasRead: false)
    #expect((outbox.counters.droppedUnconfirmed, outbox.counters.droppedQueued) == (0, 1))
  }

  @Test func bugAnEqualMessageOfSomebodyElseWasTakenForOneThatIsNotUnique() {
    var outbox = Small(policy: .letGoOfSent, messagesAreUnique: false)
    for text in ["hello", "hello"] as [StaticString] { #expect(append(text, &outbox) == nil) }
    #expect(sendAll(&outbox) == ["hello", "hello"])
    outbox.rewind(wasRead: true)
    #expect(!recognize("hello", &outbox))
    #expect(sendAll(&outbox) == ["hello", "hello"])
    #expect(outbox.counters.resent == 2)
  }

  @Test func aRefusalSaysNothingAboutWhatAnEarlierConnectionHasSent() {
    var outbox = inDoubt(1)
    outbox.rewind(wasRead: false)
    let isInDoubt = outbox.isInDoubt
    #expect(isInDoubt)
  }

  @Test func confirmSentLeavesWhatWasNotSent() {
    var outbox = Small(policy: .refuseNewest)
    for text in ["a", "b", "c"] as [StaticString] { #expect(append(text, &outbox) == nil) }
    outbox.markSent(nowMilliseconds: 0)
    outbox.confirmSent()
    #expect(texts(outbox) == ["b", "c"])
    let unconfirmed = outbox.unconfirmedCount
    #expect(unconfirmed == 0)
  }

  @Test(arguments: [1_000, 0xFFFF_FFF0, 0x1_7FFF_FFFF, 0xFFFF_FFFF_0000_0000] as [UInt64])
  func whatWasSentUpToATimeIsConfirmedAndNothingLater(start: UInt64) {
    var outbox = Small(policy: .refuseNewest)
    for text in ["a", "b", "c"] as [StaticString] { #expect(append(text, &outbox) == nil) }
    for delay in [0, 10, 20] as [UInt64] { outbox.markSent(nowMilliseconds: start &+ delay) }
    outbox.confirmSent(before: start &- 1)
    #expect(texts(outbox) == ["a", "b", "c"])
    outbox.confirmSent(before: start &+ 10)
    #expect(texts(outbox) == ["c"])
    outbox.confirmSent(before: start &+ 19)
    #expect(texts(outbox) == ["c"])
    #expect(outbox.counters.confirmed == 2)
  }

  @Test func operationsOnAnEmptyOutboxDoNothing() {
    var outbox = Small(policy: .dropOldest)
    outbox.markSent(nowMilliseconds: 0)
    outbox.confirmSent()
    outbox.confirmSent(before: 1)
    outbox.rewind(wasRead: true)
    outbox.settleDoubt()
    #expect(!recognize("", &outbox))
    #expect(outbox.counters == OutboxCounters())
    #expect(Array(outbox.message(at: 0)) == [])
    #expect(Array(outbox.next) == [])
    #expect(outbox.nextKind == .text)
  }

  @Test func theDefaultFitsIntoItsShareOfTheMemory() {
    #expect(MemoryLayout<DefaultOutbox>.size <= 2432)
  }
}
