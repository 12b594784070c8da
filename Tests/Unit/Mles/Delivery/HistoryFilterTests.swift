import Testing

@testable import Mles

@Suite struct HistoryFilterTests {
  typealias Filter = HistoryFilter<12>

  /// Which of `texts` are delivered when they arrive one after the other at `nowMilliseconds`.
  private func delivered<let capacity: Int>(
    _ texts: [StaticString], _ filter: inout HistoryFilter<capacity>, nowMilliseconds: UInt64 = 0
  ) -> [String] {
    texts.filter { text in
      let payload = [UInt8](text)
      return !filter.isDuplicate(payload.span, nowMilliseconds: nowMilliseconds)
    }.map(\.description)
  }

  @Test func theFirstJoinDeliversEverything() {
    var filter = Filter()
    filter.beginReplay(nowMilliseconds: 0)
    let isReplaying = filter.isReplaying
    #expect(!isReplaying)
    #expect(delivered(["a", "b", "a", "a"], &filter) == ["a", "b", "a", "a"])
  }

  @Test func aReplayIsSuppressedAndWhatIsNewIsDelivered() {
    var filter = Filter()
    filter.beginReplay(nowMilliseconds: 0)
    #expect(delivered(["a", "b", "c"], &filter) == ["a", "b", "c"])
    filter.beginReplay(nowMilliseconds: 100)
    #expect(delivered(["a", "b", "c", "missed", "live"], &filter, nowMilliseconds: 100) == ["missed", "live"])
    #expect(filter.counters.suppressed == 3)
    #expect(filter.counters.delivered == 5)
  }

  @Test func liveMessagesThatRepeatAreNeverSuppressed() {
    var filter = Filter()
    filter.beginReplay(nowMilliseconds: 0)
    #expect(delivered(["on", "off", "on", "off"], &filter) == ["on", "off", "on", "off"])
    filter.beginReplay(nowMilliseconds: 100)
    let isReplaying = filter.isReplaying
    #expect(isReplaying)
    let texts: [StaticString] = ["on", "off", "on", "off", "on", "off", "on"]
    #expect(delivered(texts, &filter, nowMilliseconds: 100) == ["on", "off", "on"])
    let isStillReplaying = filter.isReplaying
    #expect(!isStillReplaying)
  }

  @Test func aHistoryThatStartsLaterEndsTheReplayWithTheLastMessageKnown() {
    var filter = Filter()
    filter.beginReplay(nowMilliseconds: 0)
    _ = delivered(["a", "b", "c", "d", "e", "f"], &filter)
    filter.beginReplay(nowMilliseconds: 100)
    // The server has only the last three and two new ones; the new "a" is not the old one.
    #expect(delivered(["d", "e", "f", "a", "b"], &filter, nowMilliseconds: 100) == ["a", "b"])
  }

  @Test func afterALostHistoryEachForgottenMessageCanHideOneOfTheSamePayloadWithinTheWindow() {
    var filter = Filter()
    filter.beginReplay(nowMilliseconds: 0)
    _ = delivered(["a", "b"], &filter)
    filter.beginReplay(nowMilliseconds: 100)
    #expect(delivered(["x", "a", "a"], &filter, nowMilliseconds: 100) == ["x", "a"])
    // The window counts from the last recognised message.
    #expect(delivered(["b"], &filter, nowMilliseconds: 100 + 10_000) == ["b"])
    let isReplaying = filter.isReplaying
    #expect(!isReplaying)
  }

  @Test func theWindowEndsTheReplay() {
    for (wait, expected) in [(9_999, [String]()), (10_000, ["a"])] as [(UInt64, [String])] {
      var filter = Filter()
      filter.beginReplay(nowMilliseconds: 0)
      _ = delivered(["a", "b"], &filter)
      filter.beginReplay(nowMilliseconds: 500)
      #expect(delivered(["a"], &filter, nowMilliseconds: 500 + wait) == expected)
    }
  }

  @Test func ourHeaderIsNeverDelivered() {
    var filter = Filter()
    let header = [UInt8](#"{"uid":"a","channel":"b"}"#)
    filter.beginReplay(nowMilliseconds: 0)
    filter.noteHeader(header.span)
    let texts: [StaticString] = [#"{"uid":"a","channel":"b"}"#, "x", #"{"uid":"a","channel":"b"}"#]
    #expect(delivered(texts, &filter) == ["x"])
    filter.beginReplay(nowMilliseconds: 50_000)
    #expect(delivered(texts, &filter, nowMilliseconds: 90_000) == ["x"])
  }

  @Test func aReplayThatWasCutIsTakenUpAgain() {
    var filter = Filter()
    filter.beginReplay(nowMilliseconds: 0)
    _ = delivered(["a", "b", "c", "d"], &filter)
    filter.beginReplay(nowMilliseconds: 100)
    #expect(delivered(["a", "header", "b"], &filter, nowMilliseconds: 100) == ["header"])
    filter.beginReplay(nowMilliseconds: 200)
    #expect(delivered(["a", "header", "b", "c", "d", "e"], &filter, nowMilliseconds: 200) == ["e"])
  }

  @Test func moreThanTheCapacityIsForgottenOldestFirst() {
    var filter = HistoryFilter<3>()
    filter.beginReplay(nowMilliseconds: 0)
    _ = delivered(["a", "b", "c", "d", "e"], &filter)
    #expect(filter.count == 3)
    filter.beginReplay(nowMilliseconds: 100)
    #expect(delivered(["c", "d", "e"], &filter, nowMilliseconds: 100) == [])
  }

  @Test func removeAllStartsAgain() {
    var filter = Filter()
    filter.beginReplay(nowMilliseconds: 0)
    _ = delivered(["a", "b"], &filter)
    filter.removeAll()
    filter.beginReplay(nowMilliseconds: 100)
    #expect(filter.count == 0)
    #expect(delivered(["a", "b"], &filter, nowMilliseconds: 100) == ["a", "b"])
  }

  @Test func aFilterWithoutRoomDeliversEverythingAndDoesNotTrap() {
    var filter = HistoryFilter<0>()
    for now in [0, 100] as [UInt64] {
      filter.beginReplay(nowMilliseconds: now)
      #expect(delivered(["a", "a", "b"], &filter, nowMilliseconds: now) == ["a", "a", "b"])
    }
  }

  /// Whatever happens, in whatever order: no trap, and never more suppressed than was remembered.
  @Test(arguments: 0..<100) func anyOrderOfCallsIsSurvived(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var filter = HistoryFilter<5>()
    var now: UInt64 = 0
    for _ in 0..<2000 {
      let payload = [UInt8.random(in: 0..<8, using: &random)]
      now += UInt64.random(in: 0..<3000, using: &random)
      switch Int.random(in: 0..<12, using: &random) {
      case 0: filter.beginReplay(nowMilliseconds: now)
      case 1: filter.noteHeader(payload.span)
      case 2 where Int.random(in: 0..<20, using: &random) == 0: filter.removeAll()
      default: _ = filter.isDuplicate(payload.span, nowMilliseconds: now)
      }
      let count = filter.count
      #expect(count <= 5)
      let expected = (0..<filter.ahead).count { !filter.list[$0].isUsed }
      let expectedCount = filter.expectedCount
      #expect(expectedCount == 0 || expectedCount == expected)
      #expect(filter.ahead <= count || expectedCount == 0)
    }
  }

  @Test func theDefaultFitsIntoItsShareOfTheMemory() {
    #expect(MemoryLayout<DefaultHistoryFilter>.size <= 2_176)
  }
}
