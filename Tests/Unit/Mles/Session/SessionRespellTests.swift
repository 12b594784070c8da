import Mles
import Testing
import WebSocket

@Suite("Session: a refused identity under another spelling")
struct SessionRespellTests {
  private func rig(respells: Bool) throws -> NodeSizedRig {
    let rig = try NodeSizedRig()
    let identity = try ChannelIdentity(
      uid: Array("alice".utf8).span, channel: Array("example".utf8).span, key: nil)
    rig.session = Session(identity: identity, respellsRefusedIdentity: respells)
    return rig
  }

  /// The `auth` of the join header of this connection, which is then refused at once.
  private func refusedSpelling(_ rig: NodeSizedRig) throws -> String {
    rig.waitForRetry()
    rig.upgrade()
    let header = try #require(rig.server.frames.first?.text)
    rig.server.sendEmptyClose()
    rig.pump()
    rig.end()
    return String(header.dropLast(2).suffix(16))
  }

  @Test("off by default: the same header again, at the pace of a ghost")
  func off() throws {
    let rig = try rig(respells: false)
    for _ in 0..<3 {
      #expect(try refusedSpelling(rig) == "9b3b95527f7c2d80")
      #expect(rig.wait == 3_000)
    }
  }

  @Test("each refusal is answered at once with a spelling not tried yet, of the same value")
  func spellings() throws {
    let rig = try rig(respells: true)
    var tried: [String] = []
    for _ in 0..<7 {
      tried.append(try refusedSpelling(rig))
      #expect(rig.wait == 100)
    }
    tried.append(try refusedSpelling(rig))
    #expect(tried[0] == "9b3b95527f7c2d80")
    #expect(tried[1] == "9B3b95527f7C2d80")
    #expect(tried[7] == "9B3B95527F7C2D80")
    #expect(Set(tried).count == 8)
    for text in tried { #expect(Authentication.parse(Array(text.utf8).span) == 0x9b3b_9552_7f7c_2d80) }
    #expect(rig.wait == 3_000, "all are taken: wait as for any ghost")
  }

  @Test("the spelling that was let in is kept, until it is refused")
  func kept() throws {
    let rig = try rig(respells: true)
    _ = try refusedSpelling(rig)
    rig.waitForRetry()
    rig.join()
    rig.end(.retry)
    #expect(try refusedSpelling(rig) == "9B3b95527f7C2d80")
    #expect(try refusedSpelling(rig) == "9b3B95527f7c2D80")
  }
}
