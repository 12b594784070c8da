import Testing
import WebSocket

@testable import Mles

/// What was sent on an earlier connection may be in any later replay.
@Suite struct OutboxDoubtTests {
  typealias Small = Outbox<16, 4>

  /// An outbox whose messages were sent on a connection that ended, and were not in the replay of the next.
  private func settled(_ texts: [StaticString]) throws -> Small {
    var outbox = Small(policy: .dropOldest)
    for text in texts { try append(text, &outbox) }
    sendAll(&outbox)
    outbox.rewind(wasRead: true)
    outbox.settleDoubt()
    return outbox
  }

  private func append(_ text: StaticString, _ outbox: inout Small) throws {
    let message = [UInt8](text)
    try outbox.append(message.span, kind: .text)
  }

  private func sendAll(_ outbox: inout Small) {
    while outbox.hasNext { outbox.markSent(nowMilliseconds: 0) }
  }

  private func recognize(_ text: StaticString, _ outbox: inout Small) -> Bool {
    let message = [UInt8](text)
    return outbox.recognize(message.span, kind: .text)
  }

  @Test func bugWhatAReplayHadNotWasNoLongerInDoubtThoughTheNextReplayHadIt() throws {
    var outbox = try settled(["a", "b", "c"])
    // A ping had ended the replay of a connection on which the join header was lost, and only two went into that one.
    outbox.markSent(nowMilliseconds: 0)
    outbox.markSent(nowMilliseconds: 0)
    outbox.rewind(wasRead: true)
    let unconfirmedCount = outbox.unconfirmedCount
    #expect(unconfirmedCount == 3)
    #expect(recognize("c", &outbox))
    let isEmpty = outbox.isEmpty
    #expect(isEmpty)
    #expect(outbox.counters.confirmed == 3)
  }

  @Test func aRefusedConnectionLeavesInDoubtWhatAnEarlierOneHasSent() throws {
    var outbox = try settled(["a", "b"])
    try append("x", &outbox)
    sendAll(&outbox)
    outbox.rewind(wasRead: false)
    let (isInDoubt, unconfirmedCount) = (outbox.isInDoubt, outbox.unconfirmedCount)
    #expect(isInDoubt)
    #expect(unconfirmedCount == 2)
  }

  @Test func whatWasSentEarlierAndIsDroppedMayHaveArrived() throws {
    var outbox = try settled(["a", "b", "c", "d"])
    try append("e", &outbox)
    #expect((outbox.counters.droppedUnconfirmed, outbox.counters.droppedQueued) == (1, 0))
  }

  @Test func whatWouldTakeThePlaceOfOthersDoesNotFit() throws {
    let outbox = try settled(["a", "b", "c", "d"])
    let (fits, emptyFits) = (outbox.fits(1), Small(policy: .dropOldest).fits(16))
    #expect(!fits)
    #expect(emptyFits)
  }

  @Test func whatIsDroppedOrConfirmedIsNotInDoubtAgain() throws {
    var outbox = try settled(["a", "b", "c", "d"])
    try append("e", &outbox)
    outbox.markSent(nowMilliseconds: 0)
    outbox.confirmSent()
    outbox.rewind(wasRead: true)
    let (count, unconfirmedCount) = (outbox.count, outbox.unconfirmedCount)
    #expect(count == 3)
    #expect(unconfirmedCount == 2)
    #expect(recognize("d", &outbox))
    outbox.rewind(wasRead: true)
    let isInDoubt = outbox.isInDoubt
    #expect(!isInDoubt)
  }
}
