import Testing

@testable import Simulator

@Suite("Checkers: progress")
struct CheckersProgressTests {
  private let quiet: QuietWorld
  private var checkers: Checkers { quiet.world.checkers }
  private var rule: String? { checkers.violation?.rule }

  init() throws { quiet = try QuietWorld() }

  @Test("a client that is not on its channel long after the last fault is stuck, and not before")
  func stuck() {
    checkers.disturbed(1, untilMilliseconds: 1_000)
    checkers.disturbed(0, untilMilliseconds: 1_000_000_000)
    quiet.world.now = 1_000 + Checkers.recoveryMilliseconds - 1
    checkers.audit()
    #expect(rule == nil)
    quiet.world.now += 1
    checkers.audit()
    #expect(rule == "a client is stuck" && checkers.violation?.client == 1)
  }

  @Test("nobody holds on to a connection that is silent")
  func silent() throws {
    let connection = try quiet.connect()
    quiet.world.nodes[0].powerOn()
    quiet.port.connection = connection
    connection.lastReadMilliseconds = quiet.world.now
    quiet.world.now += Checkers.silenceMilliseconds
    checkers.audit()
    #expect(rule == nil)
    quiet.world.now += 1
    checkers.audit()
    #expect(rule == "a client holds on to a silent connection")
  }

  @Test("nobody holds on to a connection that takes nothing")
  func blocked() throws {
    let connection = try quiet.connect()
    quiet.world.nodes[0].powerOn()
    quiet.port.connection = connection
    quiet.world.now += Checkers.blockedMilliseconds
    connection.lastReadMilliseconds = quiet.world.now
    connection.blockedSinceMilliseconds = quiet.world.now - Checkers.blockedMilliseconds
    checkers.audit()
    #expect(rule == nil)
    connection.blockedSinceMilliseconds = quiet.world.now - Checkers.blockedMilliseconds - 1
    checkers.audit()
    #expect(rule == "a client holds on to a connection that takes nothing")
  }

  @Test("nobody connects more often than while a ghost is suspected")
  func attempts() {
    for _ in 0..<Checkers.attemptCountMax { checkers.opened(0) }
    #expect(rule == nil)
    quiet.world.now += Checkers.attemptWindowMilliseconds
    for _ in 0..<Checkers.attemptCountMax { checkers.opened(0) }
    #expect(rule == nil)
    checkers.opened(0)
    #expect(rule == "a client connects too often")
  }

  @Test("a node is back in time after its ghost, unless something else is in its way")
  func ghost() throws {
    let connection = ServerConnection(try quiet.connect(), server: quiet.world.server)
    for (wait, disturbance, expected) in [
      (5_000, 0, nil), (20_000, 15_000, nil), (20_000, 0, "a node came back too late after its ghost"),
    ] as [(UInt64, UInt64, String?)] {
      quiet.world.now += 100_000
      checkers.identityTaken(0, holder: 0, isHeard: true)
      checkers.left(0)
      if disturbance > 0 { checkers.disturbed(0, untilMilliseconds: quiet.world.now + disturbance) }
      quiet.world.now += wait
      checkers.joined(connection, channel: 0, replayed: 0..<0)
      #expect(rule == expected)
    }
  }

  @Test("no client pings, and none breaks the protocol")
  func clients() throws {
    checkers.sentPing(0)
    #expect(rule == "a client sent a ping")
    let other = try QuietWorld()
    other.world.checkers.brokeProtocol(0, "expected a mask")
    #expect(other.world.checkers.violation?.rule == "a client broke the protocol")
  }

  @Test("the first violation is the one that is told")
  func first() {
    checkers.violate("one", 0)
    checkers.violate("two", 0)
    #expect(rule == "one")
  }
}
