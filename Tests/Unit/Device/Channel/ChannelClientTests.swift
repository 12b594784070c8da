import Device
import HAL
import Mles
import TLS
import Testing
import WebSocket

@Suite("ChannelClient: socket, TLS and session together")
struct ChannelClientTests {
  @Test("bug: a refusal that came with a reset was taken for a failure of the network")
  func refusalWithReset() throws {
    var configuration = NodeConfiguration()
    configuration.intervalMilliseconds = 100
    let rig = try NodeRig(configuration: configuration)
    rig.relay.policy = .silent
    rig.run(for: 1_000)
    rig.relay.send(raw: [0x88, 0x00])
    while rig.relay.run() {}
    rig.wire.failure = .reset
    rig.time.now += 100
    rig.step()
    rig.run(for: 10)
    #expect(rig.state == .waitingToRetry(.identityInUse))
  }

  @Test("a FIN without close_notify is an orderly end")
  func finWithoutNotify() throws {
    let rig = try NodeRig()
    try rig.join()
    rig.wire.serverHasEnded = true
    rig.run(for: 10)
    #expect(rig.state == .waitingToRetry(.endOfStream))
    #expect(rig.node.client.lastFailure == nil)
  }

  @Test("a FIN inside a record is told as such, and tried again")
  func truncatedRecord() throws {
    let rig = try NodeRig()
    try rig.join()
    rig.wire.toClient += [0x17, 0x03, 0x03, 0x00]
    rig.wire.serverHasEnded = true
    rig.run(for: 10)
    #expect(rig.state == .waitingToRetry(.transportFailed(.retry)))
    #expect(rig.node.client.lastFailure == .tls(.truncated))
  }

  @Test("a server that speaks no TLS is told as such")
  func noTLS() throws {
    let rig = try NodeRig()
    rig.relay.policy = .mute
    rig.run(for: 10)
    rig.wire.toClient += Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)
    rig.run(for: 10)
    guard case .waitingToRetry(.transportFailed) = rig.state, case .tls = rig.node.client.lastFailure else {
      Issue.record("\(rig.state), \(String(describing: rig.node.client.lastFailure))")
      return
    }
    #expect(rig.wire.phase == .closed)
  }

  @Test("the server ends the connection during the handshake")
  func endInHandshake() throws {
    let rig = try NodeRig()
    rig.relay.policy = .mute
    rig.run(for: 10)
    rig.wire.serverHasEnded = true
    rig.run(for: 10)
    #expect(rig.node.client.lastFailure == .tls(.closedDuringHandshake))
    #expect(rig.state == .waitingToRetry(.transportFailed(.retry)))
  }

  @Test("each connection opens the socket once and closes it", arguments: [1, 40])
  func sockets(count: Int) throws {
    let rig = try NodeRig()
    for _ in 0..<count {
      rig.run(for: 61_000) { rig.state == .joined }
      rig.relay.end()
      rig.run(for: 61_000) { rig.state != .joined }
      #expect(rig.wire.phase == .closed)
    }
    #expect(rig.wire.opens.count == count)
    #expect(Set(rig.wire.opens) == ["mles.test:443"])
    #expect(rig.relay.acceptedCount == count)
  }

  @Test("without a handshake in time the socket is closed, and the next try comes")
  func handshakeTimeout() throws {
    let rig = try NodeRig()
    rig.relay.policy = .mute
    rig.run(for: 15_010)
    #expect(rig.state == .waitingToRetry(.timedOut(.secure, limitMilliseconds: 15_000)))
    #expect(rig.wire.phase == .closed)
  }

  @Test("the whole handshake works in pieces of any size", arguments: [1, 2, 5, 33, 1_000])
  func pieces(pieceBytes: Int) throws {
    let rig = try NodeRig()
    rig.wire.pieceBytes = pieceBytes
    try rig.join(within: 10_000)
  }

  @Test("bug: a handshake stood still when TLS held the last bytes that had arrived")
  func bytesHeldInTheHandshake() throws {
    for count in 25...40 {
      let rig = try NodeRig()
      rig.run(for: 100) { rig.state == .securing }
      while rig.relay.run() {}
      rig.wire.smallReadCount = count
      rig.run(for: 5_000) { rig.state == .joined }
      #expect(rig.state == .joined, "the rest after \(count) reads")
    }
  }

  @Test("a ClientHello, and header with first reading, leave in one write each")
  func writes() throws {
    let rig = try NodeRig()
    rig.relay.policy = .mute
    rig.run(for: 100)
    #expect(rig.wire.writeCount == 1)
  }

  @Test("a socket that takes nothing for 30 s ends the connection")
  func stalledSocket() throws {
    var configuration = NodeConfiguration()
    configuration.intervalMilliseconds = 100
    let rig = try NodeRig(configuration: configuration)
    try rig.join()
    rig.wire.capacityBytes = 0
    rig.relay.pingMilliseconds = 10_000
    rig.run(for: 45_000) { rig.state != .joined }
    guard case .waitingToRetry(.timedOut(.sendProgress, limitMilliseconds: 30_000)) = rig.state else {
      Issue.record("\(rig.state)")
      return
    }
    rig.wire.capacityBytes = 65_536
    try rig.join()
    rig.expectAccount()
  }

  @Test("a message larger than a frame can hold is refused at the door, and does not block the others")
  func largestReading() throws {
    // Every byte of the uid is escaped in six.
    let rig = try NodeRig(uid: String(repeating: "\u{1}", count: 64), channel: "c")
    try rig.join()
    rig.run(for: 30_000)
    #expect(rig.relay.allMessages.count >= 3)
    #expect(rig.statistics.refused == 0)
  }
}
