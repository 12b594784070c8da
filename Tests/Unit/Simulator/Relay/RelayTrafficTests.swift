import Testing

@testable import Simulator

/// Relaying, history, liveness and endings as mles-rs 2.9.2 was observed to do them.
@Suite struct RelayTrafficTests {
  // MARK: Relaying

  @Test func messagesReachAllOthersUnchangedAndNotTheSender() {
    let relay = RelayHarness()
    let (alice, bob, carol) = (relay.member("alice"), relay.member("bob"), relay.member("carol"))
    for member in [alice, bob, carol] { _ = relay.received(member) }
    relay.text("hello", from: alice)
    relay.binary([0, 255], from: alice)
    relay.text("", from: alice)
    relay.binary([], from: alice)
    let expected = ["text:hello", "binary:00ff", "text:", "binary:"]
    #expect(relay.received(bob) == expected)
    #expect(relay.received(carol) == expected)
    #expect(relay.received(alice) == [])
    #expect(relay.core.statistics.messageCount == 4)
    #expect(relay.core.statistics.deliveryCount == 8)
  }

  @Test func channelsAreApart() {
    let relay = RelayHarness()
    let (alice, bob) = (relay.member("alice"), relay.member("bob", on: "other"))
    relay.text("hello", from: alice)
    #expect(relay.received(bob) == [])
  }

  @Test func aSecondHeaderIsAMessage() {
    let relay = RelayHarness()
    let (alice, bob) = (relay.member("alice"), relay.member("bob"))
    _ = relay.received(bob)
    relay.text(RelayHarness.header("mallory"), from: alice)
    #expect(relay.received(bob) == ["text:" + RelayHarness.header("mallory")])
    #expect(alice.name == "alice in example")
  }

  @Test func joinHeadersAreNotRelayedLive() {
    let relay = RelayHarness()
    let alice = relay.member("alice")
    _ = relay.member("bob")
    #expect(relay.received(alice) == [])
  }

  // MARK: History

  @Test func aJoinerGetsHeadersAndMessagesVerbatimInOrder() {
    let relay = RelayHarness()
    let alice = relay.upgrade()
    let odd = #" {"channel":"example" , "uid":"\u0061lice", "x":1}"#
    relay.text(odd, from: alice)
    relay.text("one", from: alice)
    relay.binary([2], from: alice)
    let bob = relay.member("bob")
    #expect(relay.received(bob) == ["text:" + odd, "text:one", "binary:02"])
  }

  @Test func aRejoinerGetsItsOwnEarlierHeaderAndMessages() {
    let relay = RelayHarness()
    let first = relay.member("alice")
    relay.text("mine", from: first)
    relay.core.disconnect(first)
    let again = relay.member("alice")
    #expect(relay.received(again) == ["text:" + RelayHarness.header("alice"), "text:mine"])
  }

  @Test func liveTrafficFollowsTheReplayWithoutGapOrDuplicate() {
    let relay = RelayHarness()
    let alice = relay.member("alice")
    relay.text("1", from: alice)
    let bob = relay.member("bob")
    relay.text("2", from: alice)
    #expect(bob.nextFrame().map(RelayHarness.describe) == "text:" + RelayHarness.header("alice"))
    relay.text("3", from: alice)
    #expect(relay.received(bob) == ["text:1", "text:2", "text:3"])
  }

  @Test func historyKeepsTheNewest200EntriesHeadersIncluded() {
    let relay = RelayHarness()
    let alice = relay.member("alice")
    for number in 0..<199 { relay.text("\(number)", from: alice) }
    let bob = relay.member("bob")
    #expect(relay.received(bob) == ["text:" + RelayHarness.header("alice")] + (0..<199).map { "text:\($0)" })
    // Bob's header has pushed out Alice's.
    let carol = relay.member("carol")
    #expect(relay.received(carol) == (0..<199).map { "text:\($0)" } + ["text:" + RelayHarness.header("bob")])
  }

  @Test func historyOfAnEmptyChannelStays() {
    let relay = RelayHarness()
    let alice = relay.member("alice")
    relay.text("kept", from: alice)
    relay.core.disconnect(alice)
    relay.wait(milliseconds: 3_600_000)
    #expect(relay.received(relay.member("bob")).last == "text:kept")
  }

  @Test func withoutHistoryNothingIsReplayed() {
    let relay = RelayHarness { $0.historyCountMax = 0 }
    let alice = relay.member("alice")
    relay.text("gone", from: alice)
    #expect(relay.received(relay.member("bob")) == [])
    relay.core.disconnect(alice)
  }

  // MARK: Pings

  @Test func pingsComeEvery24SecondsFromTheUpgradeAndTrafficDoesNotDelayThem() {
    let relay = RelayHarness()
    let alice = relay.upgrade()
    relay.wait(milliseconds: 10_000)
    relay.text(RelayHarness.header("alice"), from: alice)
    relay.wait(milliseconds: 13_999)
    relay.text("hello", from: alice)
    #expect(relay.received(alice) == [])
    relay.wait(milliseconds: 1)
    #expect(relay.received(alice) == ["ping:"])
    relay.wait(milliseconds: 24_000)
    #expect(relay.received(alice) == ["ping:"])
  }

  @Test func anyFrameFromAMemberRestartsThe96Seconds() {
    let relay = RelayHarness()
    let alice = relay.member("alice")
    let signs: [(RelayMember) -> Void] = [
      { relay.text("x", from: $0) }, { relay.binary([], from: $0) }, { relay.ping([], from: $0) },
      { relay.pong(from: $0) },
    ]
    for sign in signs {
      relay.wait(milliseconds: 72_000)
      sign(alice)
    }
    #expect(alice.ending == nil)
    relay.wait(milliseconds: 95_999)
    #expect(alice.ending == nil)
    relay.wait(milliseconds: 1)
    #expect(alice.ending == .linger(.silent))
  }

  @Test func aMembersPingIsAnsweredRelayedAndStored() {
    let relay = RelayHarness { $0.historyCountMax = 2 }
    let (alice, bob) = (relay.member("alice"), relay.member("bob"))
    _ = relay.received(bob)
    relay.ping([7, 8], from: alice)
    #expect(relay.received(alice) == ["pong:0708"])
    #expect(relay.received(bob) == ["ping:0708"])
    #expect(relay.received(relay.member("carol")) == ["text:" + RelayHarness.header("bob"), "ping:0708"])
  }

  @Test func pongsAreSwallowed() {
    let relay = RelayHarness()
    let (alice, bob) = (relay.member("alice"), relay.member("bob"))
    _ = relay.received(bob)
    relay.pong(from: alice)
    #expect(relay.received(bob) == [])
    #expect(relay.received(relay.member("carol")).count == 2)
  }

  @Test func thePingPeriodScalesAllTimes() {
    let relay = RelayHarness { $0.pingIntervalMilliseconds = 100 }
    let alice = relay.member("alice")
    relay.wait(milliseconds: 300)
    #expect(relay.received(alice) == ["ping:", "ping:", "ping:"])
    relay.wait(milliseconds: 100)
    #expect(alice.ending == .linger(.silent))
  }

  @Test func ticksMissedWhileTheProcessSleptAreNotMadeUpFor() {
    let relay = RelayHarness()
    let alice = relay.member("alice")
    relay.now += 24_000 * 50 + 7
    relay.core.tick(nowMilliseconds: relay.now)
    #expect(relay.received(alice) == ["ping:"])
    #expect(relay.core.nextDeadlineMilliseconds == relay.now - 7 + 24_000)
  }

  @Test func nobodyIsWaitedForWhenNobodyIsThere() {
    let relay = RelayHarness()
    #expect(relay.core.nextDeadlineMilliseconds == nil)
    let alice = relay.member("alice")
    #expect(relay.core.nextDeadlineMilliseconds == relay.now + 24_000)
    relay.core.disconnect(alice)
    relay.wait(milliseconds: 24_000)
    #expect(relay.core.nextDeadlineMilliseconds == nil)
    #expect(relay.core.memberCount == 0)
  }

  // MARK: Endings

  @Test func aCloseIsNotAnswered() {
    let relay = RelayHarness()
    let (alice, bob) = (relay.member("alice"), relay.member("bob"))
    _ = relay.received(bob)
    relay.core.receiveClose(from: alice)
    #expect(relay.received(alice) == [])
    #expect(alice.ending == .finish(.closedByClient))
    #expect(relay.received(bob) == [], "nobody is told of a leave")
    #expect(relay.member("alice").isJoined)
  }

  @Test func aProtocolErrorGetsAnEmptyCloseWhateverItWas() {
    let relay = RelayHarness()
    let (alice, bob) = (relay.member("alice"), relay.member("bob"))
    relay.text("one", from: bob)
    relay.core.receiveProtocolError("reserved opcode 3", from: alice)
    #expect(relay.received(alice) == ["close:"])
    #expect(alice.ending == .finish(.protocolError("reserved opcode 3")))
    #expect(RelayFrame.close.wire == [0x88, 0x00])
  }

  @Test func nothingIsSentAfterTheEnding() {
    let relay = RelayHarness()
    let (alice, bob) = (relay.member("alice"), relay.member("bob"))
    relay.core.receiveClose(from: alice)
    relay.text("late", from: bob)
    relay.text("from the dead", from: alice)
    relay.wait(milliseconds: 100_000)
    #expect(relay.received(alice) == [])
    #expect(relay.received(bob).contains("text:from the dead") == false)
  }

  // MARK: For the owner

  @Test func eachTouchedMemberIsListedOnce() {
    let relay = RelayHarness()
    let (alice, bob) = (relay.member("alice"), relay.member("bob"))
    _ = relay.core.takeTouched()
    relay.text("1", from: alice)
    relay.text("2", from: alice)
    #expect(relay.core.takeTouched().map { $0 === bob } == [true])
    #expect(relay.core.takeTouched().isEmpty)
  }
}
