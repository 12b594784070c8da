import Testing

@testable import Simulator

/// The join as mles-rs 2.9.2 was observed to do it.
@Suite struct RelayJoinTests {
  @Test func aJoinIsNotAnswered() {
    let relay = RelayHarness()
    let alice = relay.member("alice")
    #expect(alice.isJoined)
    #expect(relay.received(alice) == [])
    #expect(alice.name == "alice in example")
  }

  @Test(
    arguments: [
      #"{"channel":"example","uid":"alice"}"#,
      #" {"uid":"alice","channel":"example","auth":null,"more":[1,{"a":"b"}]} "#,
      #"{"\u0075id":"al\u0069ce","channel":"example"}"#,
    ])
  func headersInAnyOrderWithExtraFieldsAndEscapesAreTaken(header: String) {
    let relay = RelayHarness()
    let alice = relay.upgrade()
    relay.text(header, from: alice)
    #expect(alice.name == "alice in example")
  }

  static let badHeaders = [
    "", "hello", "[]", "{}", #"{"uid":"alice"}"#, #"{"channel":"example"}"#, #"{"uid":"","channel":"example"}"#,
    #"{"uid":"alice","channel":""}"#, #"{"uid":"älice","channel":"example"}"#,
    #"{"uid":"alice","channel":"exämple"}"#, #"{"uid":"a","uid":"b","channel":"example"}"#,
    #"{"uid":"alice","channel":"example"}x"#, #"{"uid":1,"channel":"example"}"#,
    #"{"uid":"alice","channel":"example","auth":"0000000000000000"}"#,
    #"{"uid":"alice","channel":"example","auth":"no hex"}"#,
    #"{"uid":"alice","channel":"example","auth":""}"#,
  ]

  @Test(arguments: badHeaders)
  func aBadHeaderWithinAMillisecondIsRefusedAtOnce(header: String) {
    let relay = RelayHarness()
    let member = relay.upgrade()
    relay.now += 1
    relay.text(header, from: member)
    #expect(relay.received(member) == ["close:"])
    #expect(isFinish(member.ending))
    #expect(relay.core.statistics.refusalCount == 1)
  }

  @Test(arguments: badHeaders)
  func aLaterBadHeaderIsRefusedAtTheNextTickWithoutAPing(header: String) {
    let relay = RelayHarness()
    let member = relay.upgrade()
    relay.now += 2
    relay.text(header, from: member)
    relay.wait(milliseconds: 23_997)
    #expect(relay.received(member) == [])
    #expect(member.ending == nil)
    relay.wait(milliseconds: 1)
    #expect(relay.received(member) == ["close:"])
    #expect(isFinish(member.ending))
  }

  @Test func aBinaryFrameAPingOrAPongIsNoHeader() {
    let relay = RelayHarness()
    let members = [relay.upgrade(), relay.upgrade(), relay.upgrade()]
    relay.binary(Array(RelayHarness.header("alice").utf8), from: members[0])
    relay.ping([], from: members[1])
    relay.pong(from: members[2])
    for member in members { #expect(relay.received(member) == ["close:"]) }
  }

  @Test func framesAfterABadHeaderAreIgnored() {
    let relay = RelayHarness()
    let bob = relay.member("bob")
    let member = relay.upgrade()
    relay.now += 2
    relay.text("nonsense", from: member)
    relay.text(RelayHarness.header("alice"), from: member)
    relay.text("hello", from: member)
    relay.ping([1], from: member)
    relay.pong(from: member)
    #expect(!member.isJoined)
    #expect(relay.received(bob) == [])
    #expect(relay.received(member) == [])
  }

  @Test func anyWaitBeforeTheHeaderIsFineWithinFourTicks() {
    let relay = RelayHarness()
    let alice = relay.upgrade()
    relay.wait(milliseconds: 95_000)
    relay.text(RelayHarness.header("alice"), from: alice)
    #expect(alice.isJoined)
  }

  @Test func whoNeverJoinsIsPingedThreeTimesAndClosedAt96Seconds() {
    let relay = RelayHarness()
    let member = relay.upgrade()
    for _ in 0..<3 {
      relay.wait(milliseconds: 23_999)
      #expect(relay.received(member) == [])
      relay.wait(milliseconds: 1)
      #expect(relay.received(member) == ["ping:"])
    }
    relay.wait(milliseconds: 23_999)
    #expect(member.ending == nil)
    relay.wait(milliseconds: 1)
    #expect(relay.received(member) == ["close:"])
    #expect(member.ending == .linger(.silent))
  }

  // MARK: Identity

  @Test func aDuplicateOfALiveIdentityIsRefusedAtOnceAndTheOlderOneStays() {
    let relay = RelayHarness()
    let alice = relay.member("alice")
    let bob = relay.member("bob")
    _ = relay.received(bob)
    relay.now += 5_000
    let duplicate = relay.upgrade()
    relay.now += 500
    relay.text(RelayHarness.header("alice"), from: duplicate)
    #expect(relay.received(duplicate) == ["close:"])
    #expect(duplicate.ending == .finish(.duplicateIdentity))
    relay.text("still here", from: bob)
    #expect(relay.received(alice) == ["text:still here"])
  }

  @Test func theSameUidOnAnotherChannelIsAnotherIdentity() {
    let relay = RelayHarness()
    #expect(relay.member("alice").isJoined)
    #expect(relay.member("alice", on: "other").isJoined)
  }

  @Test func authAbsentPresentAndInUpperCaseAreThreeIdentities() {
    let relay = RelayHarness()
    // SipHash-2-4 of "aliceexample" with the zero key, from mles-v2: the vector alice/example without a key.
    let members = [
      relay.member("alice"), relay.member("alice", auth: "9b3b95527f7c2d80"),
      relay.member("alice", auth: "9B3B95527F7C2D80"),
    ]
    for member in members { #expect(member.isJoined) }
    let null = relay.upgrade()
    relay.text(#"{"uid":"alice","channel":"example","auth":null}"#, from: null)
    #expect(null.ending == .finish(.duplicateIdentity), "null is the same as absent")
  }

  @Test func anIdentityIsFreeOnceItsConnectionIsGone() {
    let relay = RelayHarness()
    let alice = relay.member("alice")
    relay.core.disconnect(alice)
    #expect(relay.member("alice").isJoined)
  }

  @Test func aSilentlyDeadConnectionKeepsItsIdentityUntil96SecondsAfterItsLastFrame() {
    let relay = RelayHarness()
    let ghost = relay.member("alice")
    relay.wait(milliseconds: 48_000)
    relay.pong(from: ghost)
    relay.wait(milliseconds: 95_999)
    #expect(relay.member("alice").ending == .finish(.duplicateIdentity))
    relay.wait(milliseconds: 1)
    #expect(ghost.ending == .linger(.silent))
    #expect(relay.member("alice").isJoined)
  }

  // MARK: Authentication

  @Test func withAServerKeyAuthenticationIsMandatory() {
    // The vector alice/example with the key sekrit.
    let relay = RelayHarness { $0.serverKey = Secret(copying: Array("sekrit".utf8).span) }
    #expect(relay.member("alice", auth: "0082200cb33a6cc6").isJoined)
    #expect(relay.member("alice", auth: "82200CB33A6CC6").isJoined)
    #expect(relay.member("bob", auth: "0082200cb33a6cc6").ending == .finish(.badAuthentication))
    #expect(relay.member("alice").ending == .finish(.badAuthentication))
    #expect(relay.member("alice", auth: "9b3b95527f7c2d80").ending == .finish(.badAuthentication))
  }

  @Test func withoutAServerKeyAuthenticationIsOptionalButMustBeRight() {
    let relay = RelayHarness()
    #expect(relay.member("alice", auth: "9b3b95527f7c2d80").isJoined)
    #expect(relay.member("alice", auth: "9b3b95527f7c2d81").ending == .finish(.badAuthentication))
    #expect(relay.member("alice", auth: "0082200cb33a6cc6").ending == .finish(.badAuthentication))
  }

  private func isFinish(_ ending: RelayEnding?) -> Bool {
    if case .finish = ending { true } else { false }
  }
}
