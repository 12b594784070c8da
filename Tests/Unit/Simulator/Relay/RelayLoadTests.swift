import Glibc
import Testing
import WebSocket

@testable import Simulator

/// The relay with many members.
@Suite struct RelayLoadTests {
  @Test func idleMembersCostNoTurns() throws {
    let harness = try ServerHarness()
    for number in 0..<50 { _ = try harness.member("\(number)") }
    // What the last join has brought is read by now, or within these.
    _ = try harness.loop.run(until: { false }, timeoutMilliseconds: 50)
    let before = harness.loop.turnCount
    #expect(try harness.loop.run(until: { false }, timeoutMilliseconds: 200) == false)
    #expect(harness.loop.turnCount - before <= 3)
  }

  @Test func fiveHundredMembersLoseNothing() throws {
    let room = DescriptorLimit.makeRoom(forConnections: 2000)
    try #require(room >= 1100, "the hard limit of descriptors is too low for this test")
    let harness = try ServerHarness { $0.historyCountMax = 0 }
    let members = try (0..<500).map { number in
      let client = try harness.client()
      client.send(Array(TestClient.request().utf8) + TestClient.header("\(number)"))
      return client
    }
    try harness.wait { harness.server.core.statistics.joinCount == 500 }
    try harness.wait { members.allSatisfy { $0.received.suffix(4) == Array("\r\n\r\n".utf8) } }
    for member in members { _ = member.take() }
    let messages = 40
    for number in 0..<messages { members[0].send(TestClient.text("\(number)")) }
    let expected = (0..<messages).map { "text:\($0)" }
    let bytes = expected.reduce(0) { $0 + $1.utf8.count - 5 + 2 }
    try harness.wait(timeoutMilliseconds: 60_000) { members.dropFirst().allSatisfy { $0.received.count >= bytes } }
    #expect(members.dropFirst().allSatisfy { $0.takeFrames() == expected })
    #expect(harness.server.core.statistics.deliveryCount == 499 * messages)
  }
}
