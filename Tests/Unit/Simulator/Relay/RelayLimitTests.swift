import Testing

@testable import Simulator

/// What this relay limits of its own accord: the memory of history and of what waits, and the number of channels.
@Suite struct RelayLimitTests {
  // MARK: History

  @Test func historyIsLimitedInBytesToo() {
    let relay = RelayHarness { $0.historyByteCountMax = 300 }
    let alice = relay.member("alice")
    relay.binary([UInt8](repeating: 1, count: 90), from: alice)
    relay.binary([2], from: alice)
    #expect(relay.received(relay.member("bob")).count == 2)
    relay.binary([UInt8](repeating: 3, count: 200), from: alice)
    #expect(relay.received(relay.member("carol")).count == 1, "the newest entry and Carol's header make two")
  }

  @Test func bug_historyOfManyChannelsTookAllMemory() {
    let relay = RelayHarness { $0.totalHistoryByteCountMax = 10_000 }
    for number in 0..<50 {
      let alice = relay.member("alice", on: "channel \(number)")
      relay.binary([UInt8](repeating: 1, count: 2_000), from: alice)
      relay.core.disconnect(alice)
      relay.now += 1
      #expect(relay.core.historyByteCount <= 10_000)
    }
    #expect(relay.core.channelCount == 4, "a channel without members and history is forgotten")
    #expect(relay.received(relay.member("bob", on: "channel 49")).count == 2)
    #expect(relay.received(relay.member("bob", on: "channel 45")).isEmpty)
  }

  @Test func aChannelWithMembersOutlivesItsHistory() {
    let relay = RelayHarness { $0.totalHistoryByteCountMax = 10_000 }
    let (alice, carol) = (relay.member("alice", on: "quiet"), relay.member("carol", on: "quiet"))
    _ = relay.received(carol)
    relay.now += 1
    let other = relay.member("alice", on: "loud")
    for _ in 0..<10 { relay.binary([UInt8](repeating: 1, count: 2_000), from: other) }
    relay.text("still here", from: alice)
    #expect(relay.received(carol) == ["text:still here"])
  }

  @Test func theLeastRecentlyUsedEmptyChannelIsForgottenFirst() {
    let relay = RelayHarness { $0.channelCountMax = 2 }
    for name in ["a", "b", "a"] {
      relay.core.disconnect(relay.member("alice", on: name))
      relay.now += 1
    }
    _ = relay.member("alice", on: "c")
    #expect(relay.core.channelCount == 2)
    #expect(relay.received(relay.member("bob", on: "a")).count == 2)
    #expect(relay.received(relay.member("bob", on: "b")).isEmpty)
  }

  // MARK: Slow readers

  @Test func aSlowReaderIsDroppedAndTheOthersGoOn() {
    let relay = RelayHarness { $0.queueByteCountMax = 1000 }
    let (alice, slow, bob) = (relay.member("alice"), relay.member("slow"), relay.member("bob"))
    _ = relay.received(bob)
    for _ in 0..<11 {
      relay.binary([UInt8](repeating: 0, count: 98), from: alice)
      #expect(relay.received(bob).count == 1)
    }
    #expect(slow.ending == .drop(.slowReader))
    #expect(slow.hasFrames == false)
    #expect(slow.queuedByteCount == 0)
    #expect(relay.core.statistics.slowReaderCount == 1)
    #expect(relay.member("slow").isJoined)
  }

  @Test func bug_emptyFramesWaitedWithoutALimit() {
    let relay = RelayHarness { $0.queueByteCountMax = 10_000 }
    let flooder = relay.member("flooder")
    for _ in 0..<200 { relay.core.receivePing([], from: flooder, nowMilliseconds: relay.now) }
    #expect(flooder.ending == .drop(.slowReader), "200 pongs of 2 bytes take more memory than that")
  }

  @Test func oneMessageAboveTheLimitReachesAReaderThatKeepsUp() {
    let relay = RelayHarness { $0.queueByteCountMax = 1000 }
    let (alice, bob) = (relay.member("alice"), relay.member("bob"))
    _ = relay.received(bob)
    relay.binary([UInt8](repeating: 0, count: 5000), from: alice)
    #expect(relay.received(bob).count == 1)
    #expect(bob.ending == nil)
  }

  @Test func replayDoesNotCountAsWaiting() {
    let relay = RelayHarness { $0.queueByteCountMax = 1000 }
    let alice = relay.member("alice")
    for _ in 0..<50 { relay.binary([UInt8](repeating: 0, count: 100), from: alice) }
    let bob = relay.member("bob")
    relay.text("live", from: alice)
    #expect(bob.ending == nil)
    #expect(relay.received(bob).count == 52)
  }
}
