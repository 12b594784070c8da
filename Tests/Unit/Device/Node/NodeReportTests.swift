import Device
import HAL
import Mles
import Testing

@Suite("Node: lamp and log")
struct NodeReportTests {
  @Test("the way to the channel and back")
  func lampAndLog() throws {
    let rig = try NodeRig()
    rig.relay.policy = .silent
    rig.wire.resolveMilliseconds = 50
    rig.wire.connectMilliseconds = 50
    rig.run(for: 30_000)
    #expect(rig.board.shown == [.connecting, .joining, .joined])
    #expect(
      rig.board.lines.map { $0.replacingTLS } == [
        "connecting to channel weather at mles.test:443 as board-1",
        "join sent, nothing has confirmed it yet: channel weather at mles.test:443 as board-1",
        "joined channel weather at mles.test:443 as board-1, TLS 1.x",
      ])
    rig.relay.end()
    rig.run(for: 100)
    #expect(rig.board.shown.last == .retrying)
    let line = try #require(rig.board.lines.last)
    #expect(line.hasPrefix("the server ended the connection; next try in 0."))
    #expect(line.hasSuffix(" s, 4 readings kept"))
    #expect(rig.statistics.lostConnections == 1)
  }

  @Test("a refusal at once is told as what it may be, with the next try in 3 s")
  func identityInUse() throws {
    let rig = try NodeRig()
    rig.relay.policy = .refuseAtOnce
    rig.run(for: 5_000)
    #expect(
      rig.board.lines.last
        == "join refused at once: this uid is on the channel already, perhaps as this node's earlier connection; "
        + "next try in 3.0 s, 1 readings kept")
    #expect(rig.board.shown.last == .retrying)
  }

  @Test("a refusal at the tick is told as an error, and the lamp says that somebody has to do something")
  func joinRefused() throws {
    let rig = try NodeRig()
    rig.relay.policy = .refuseAtTick
    rig.run(for: 30_000)
    #expect(rig.board.log.last?.level == .error)
    #expect(
      rig.board.lines.last?.hasPrefix(
        "join refused: the server did not accept the join header (wrong key?); next try in")
        == true)
    #expect(rig.board.shown.last == .stopped)
  }

  @Test("a silent death is found out after 60 s, and told")
  func silentDeath() throws {
    let rig = try NodeRig()
    try rig.join()
    rig.dropSilently()
    rig.run(for: 62_000)
    #expect(
      rig.board.lines.contains {
        $0.hasPrefix("nothing came from the server, not even its ping, within 60 s; next try in ")
      })
  }

  @Test("bug: a join that ended in the step in which it was confirmed was not counted as lost")
  func lostAtOnce() throws {
    let rig = try NodeRig()
    rig.relay.policy = .silent
    rig.run(for: 1_000)
    rig.relay.send(text: "history")
    rig.relay.end()
    rig.run(for: 50)
    #expect(rig.statistics.lostConnections == 1)
  }

  @Test("bug: leaving was counted as a lost connection")
  func leavingIsNoLoss() throws {
    let rig = try NodeRig()
    try rig.join()
    rig.node.leave()
    rig.step()
    rig.run(for: 5_000)
    #expect(rig.state == .stopped)
    #expect(rig.statistics.lostConnections == 0)
  }

  @Test("the longest names are cut in a line, and harm nothing")
  func longNames() throws {
    let name = String(repeating: "n", count: 64)
    let rig = try NodeRig(uid: name, channel: name)
    try rig.join()
    #expect(rig.board.lines.allSatisfy { $0.utf8.count <= 224 })
    #expect(rig.board.lines.contains { $0.contains("channel \(name) at mles.test:443 as \(name)") })
  }
}

extension String {
  /// This with the TLS version, which depends on the library, made the same.
  fileprivate var replacingTLS: String { replacing("TLS 1.2", with: "TLS 1.x").replacing("TLS 1.3", with: "TLS 1.x") }
}
