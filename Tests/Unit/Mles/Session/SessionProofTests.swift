import Bytes
import Mles
import Testing
import WebSocket

@Suite("Session: what the end of a replay, and the end of a connection, prove")
struct SessionProofTests {
  private func isReplayOver(_ rig: NodeSizedRig) -> Bool { rig.session.isReplayOver(nowMilliseconds: rig.now) }
  private func hasLeftInOrder(_ rig: NodeSizedRig) -> Bool { rig.session.hasLeftInOrder }

  @Test("the server's first own Ping ends the replay; no message does, and no Ping that comes too soon")
  func endOfReplay() throws {
    let rig = try NodeSizedRig()
    rig.upgrade()
    rig.server.send(text: "history")
    rig.server.sendPing()
    rig.now += 19_999
    rig.server.sendPing()
    rig.pump()
    #expect(rig.state == .joined)
    #expect(!isReplayOver(rig))
    rig.now += 4_001
    rig.server.send(text: "live")
    rig.pump()
    #expect(!isReplayOver(rig))
    rig.server.sendPing()
    rig.pump()
    #expect(isReplayOver(rig))
  }

  @Test("bug: a Ping with a payload, which is never the server's, ended the replay when it came late")
  func latePingOfAMember() throws {
    let rig = try NodeSizedRig()
    rig.upgrade()
    rig.now += 23_000
    rig.server.output += WireFrame.fromServer(9, [1])
    rig.pump()
    #expect(rig.received == [.ping])
    #expect(!isReplayOver(rig))
    rig.now += 1_000
    rig.server.sendPing()
    rig.pump()
    #expect(rig.received == [.ping, .serverPing])
    #expect(isReplayOver(rig))
  }

  @Test("each connection has a replay of its own")
  func replayOfEachConnection() throws {
    let rig = try NodeSizedRig()
    rig.join()
    #expect(isReplayOver(rig))
    rig.end()
    rig.waitForRetry()
    rig.upgrade()
    #expect(!isReplayOver(rig))
  }

  @Test("after three connections that ended before their replay, the fourth waits 5 s for its end, and no longer")
  func cutReplays() throws {
    let rig = try NodeSizedRig()
    for _ in 0..<3 {
      rig.upgrade()
      rig.server.send(text: "history")
      rig.pump()
      rig.now += 10_000
      #expect(!isReplayOver(rig))
      rig.end()
      rig.waitForRetry()
    }
    rig.upgrade()
    rig.server.send(text: "history")
    rig.pump()
    #expect(rig.wait == 5_000, "the driver is to look again then")
    rig.now += 4_999
    #expect(!isReplayOver(rig))
    rig.now += 1
    #expect(isReplayOver(rig))
    rig.poll()
    #expect(rig.state == .joined)
    #expect(rig.wait > 10_000)
    // One that lives to its first Ping sets the count back.
    rig.now += 19_000
    rig.server.sendPing()
    rig.pump()
    rig.end()
    rig.waitForRetry()
    rig.upgrade()
    rig.now += 10_000
    #expect(!isReplayOver(rig))
  }

  @Test("a server whose Pings are kept on the way: the replay is taken to be over 80 s after the first frame")
  func noPings() throws {
    let rig = try NodeSizedRig()
    rig.upgrade()
    for text in ["history", "live"] {
      rig.server.send(text: text)
      rig.pump()
      rig.now += 40_000
    }
    rig.now -= 1
    rig.server.send(text: "live")
    rig.pump()
    #expect(rig.wait == 1)
    #expect(!isReplayOver(rig))
    rig.poll(after: 1)
    #expect(isReplayOver(rig))
    #expect(rig.wait > 50_000)
  }

  @Test("bug: on a connection that had gone deaf, the replay was taken to be over after 60 s")
  func deafConnection() throws {
    for isDeafFromTheJoin in [true, false] {
      let rig = try NodeSizedRig()
      rig.upgrade()
      rig.now += 19_999
      if !isDeafFromTheJoin {
        rig.server.send(text: "history")
        rig.pump()
      }
      var isOver = false
      while rig.state == .joined || rig.state == .joinUnconfirmed {
        isOver = isOver || isReplayOver(rig)
        rig.poll(after: 1_000)
      }
      #expect(!isOver)
    }
  }

  @Test("bug: a first frame that came late ended the replay which it began")
  func lateFirstFrame() throws {
    let rig = try NodeSizedRig()
    rig.upgrade()
    rig.now += 85_000
    rig.server.send(text: "history")
    rig.pump()
    #expect(rig.state == .joined)
    #expect(!isReplayOver(rig))
  }

  @Test("bug: a Ping that came before the join header had gone ended the replay")
  func pingBeforeTheHeader() throws {
    let rig = try NodeSizedRig()
    rig.connect()
    rig.write()
    rig.deliver()
    rig.write(limit: 1)
    rig.now += 24_000
    rig.server.sendPing()
    rig.deliver()
    #expect(rig.state == .joining)
    #expect(!isReplayOver(rig))
  }

  @Test("bug: who leaves while the server's Close is being answered took its FIN for an answer to that")
  func leavesInTheServersClose() throws {
    let rig = try NodeSizedRig()
    rig.join()
    rig.server.output += WireFrame.fromServer(8, [0x03, 0xE9])
    rig.pump()
    rig.leave()
    rig.end()
    #expect(rig.state == .stopped)
    #expect(!hasLeftInOrder(rig))
  }

  @Test("refused connections are not counted among those whose replay was cut")
  func refusalsAreNoCutReplays() throws {
    let rig = try NodeSizedRig()
    for _ in 0..<5 {
      rig.upgrade()
      rig.server.sendEmptyClose()
      rig.pump()
      rig.end()
      rig.waitForRetry()
    }
    rig.upgrade()
    rig.now += 10_000
    #expect(!isReplayOver(rig))
  }

  @Test("FIN in answer to the Close of a member proves that everything before it was read")
  func leftInOrder() throws {
    let rig = try NodeSizedRig()
    rig.join()
    rig.leave()
    rig.pump()
    #expect(!hasLeftInOrder(rig))
    rig.end()
    #expect(rig.state == .stopped)
    #expect(hasLeftInOrder(rig))
  }

  @Test("a peer that answers the Close with one of its own, as RFC 6455 has it, has read everything before it")
  func leftWithAnswer() throws {
    let rig = try NodeSizedRig()
    rig.join()
    rig.leave()
    rig.pump()
    rig.server.output += WireFrame.fromServer(8, [0x03, 0xE8])
    rig.pump()
    rig.end()
    #expect(hasLeftInOrder(rig))
  }

  @Test("what else ends a connection while leaving proves nothing", arguments: 0..<6)
  func leftOtherwise(ending: Int) throws {
    let rig = try NodeSizedRig()
    if ending == 3 { rig.upgrade() } else { rig.join() }
    rig.leave()
    if ending != 5 { rig.pump() }
    switch ending {
    case 0: rig.end(.retry)
    case 1: rig.poll(after: 2_000)
    case 2:
      // The server's own Close, which crosses ours.
      rig.server.sendEmptyClose()
      rig.pump()
      rig.end()
    case 4:
      // A proxy's Close, going away, which crosses ours.
      rig.server.output += WireFrame.fromServer(8, [0x03, 0xE9])
      rig.pump()
      rig.end()
    default: rig.end()  // A join that nothing had confirmed (3), a Close that has not gone (5).
    }
    #expect(rig.state == .stopped)
    #expect(!hasLeftInOrder(rig))
  }

  @Test("who comes back after leaving is retried as after any connection that ended")
  func rejoin() throws {
    let rig = try NodeSizedRig()
    rig.session.rejoin(nowMilliseconds: rig.now)
    #expect(rig.state == .idle)
    rig.join()
    rig.leave()
    rig.poll(after: 2_000)
    rig.session.rejoin(nowMilliseconds: rig.now)
    #expect(rig.state == .waitingToRetry(.timedOut(.close, limitMilliseconds: 2_000)))
    #expect(rig.wait < 501)
    rig.waitForRetry()
    rig.join()
    #expect(rig.state == .joined)
    #expect(rig.joinCount == 2)
  }
}
