import Bytes
import Device

/// Where the clients of a simulated world find its server.
enum SimulatedEndpoint {
  static let host = "server.mles.test"

  static func make() throws -> Endpoint { try Endpoint(host: Array(host.utf8).span, target: Array("/".utf8).span) }
}
