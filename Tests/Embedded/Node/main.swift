// The minimal node of the no-heap proof: the node of a device, from the sensor to the socket, on a board that is
// nothing. It only has to link; what it may not reach is looked for in the result.
import Bytes
import Device
import HAL
import Mles
import TLS

@main struct MinimalNode {
  static func main() {
    do throws(TLSError) {
      guard let identity = identity(), let endpoint = endpoint() else { return proofOutput(1) }
      var configuration = try TLSConfiguration.client()
      var authority = InlineArray<512, UInt8>(repeating: 0)
      var bytes = authority.mutableSpan
      input(into: &bytes)
      _ = try configuration.addAuthorities(authority.span)
      let trust = configuration.shared()
      var node = Node(
        client: NodeClient<ProofSocket, ClientTLSSession>(
          endpoint: endpoint, session: NodeSession(identity: identity), socket: ProofSocket(),
          configuration: trust.shared()),
        sensor: SHTC3(bus: ProofBus()), system: ProofBoard(), configuration: NodeConfiguration())
      while !node.isFinished {
        let wait = node.step()
        proofOutput(UInt32(truncatingIfNeeded: wait.deadlineMilliseconds))
      }
      node.leave()
      proofOutput(node.statistics.published)
    } catch {
      proofOutput(2)
    }
  }

  static func identity() -> ChannelIdentity? {
    var name = InlineArray<16, UInt8>(repeating: 0)
    var bytes = name.mutableSpan
    input(into: &bytes)
    if proofInput() == 0 { return try? ChannelIdentity(uid: name.span, channel: name.span, key: nil) }
    return try? ChannelIdentity(uid: name.span, channel: name.span, key: name.span)
  }

  static func endpoint() -> Endpoint? {
    var name = InlineArray<32, UInt8>(repeating: 0)
    var bytes = name.mutableSpan
    input(into: &bytes)
    return try? Endpoint(host: name.span, port: 443, target: name.span)
  }
}
