import Testing
import WebSocket

@Suite("Session: the upgrade request")
struct SessionRequestTests {
  @Test("a request larger than the send buffer is told so")
  func requestTooLarge() throws {
    let rig = try SessionRig<128, 160>()
    rig.connect()
    #expect(rig.state == .waitingToRetry(.upgradeRefused(.headTooLarge(limitBytes: 160))))
    #expect(!rig.hasOutput)
  }
}
