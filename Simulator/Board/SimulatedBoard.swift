import Bytes
import Device
import HAL
import Mles
import TLS

/// The TCP socket of a simulated board: this computer's network, with or without faults.
typealias BoardSocket = FaultySocket<LinuxSocket>

/// A simulated ESP32-C3 in the event loop: the firmware's node, with a simulated SHTC3 and this computer's network.
final class SimulatedBoard: LoopParticipant {
  /// The board's name on the channel.
  let uid: String
  /// The weather its sensor is in.
  let station: WeatherStation
  private var node: Node<BoardSocket, ClientTLSSession, SimulatedSensor, SimulatedSystem>
  private var wait = NodeWait(deadlineMilliseconds: 0)

  init(
    uid: String, station: WeatherStation, sensor: consuming SimulatedSensor, system: consuming SimulatedSystem,
    client: @autoclosure () -> NodeClient<BoardSocket, ClientTLSSession>, configuration: NodeConfiguration
  ) {
    self.uid = uid
    self.station = station
    node = Node(client: client(), sensor: sensor, system: system, configuration: configuration)
  }

  /// Where the session stands.
  var state: SessionState { node.client.session.state }
  /// Whether there is a connection, or one is being made.
  var isConnected: Bool { node.client.session.wantsTransport }
  /// What the node has done.
  var statistics: NodeStatistics { node.statistics }
  /// What became of its readings.
  var counters: OutboxCounters { node.outbox.counters }
  /// Readings that wait in the outbox.
  var keptCount: Int { node.outbox.count }
  /// Which start of the board this is.
  var bootCount: UInt32 { node.bootCount }
  /// Whether the board was ever on the channel.
  var hasJoined: Bool { node.client.session.joinCount > 0 }
  /// Connections after the first one that were joined.
  var reconnectCount: Int { max(0, Int(node.client.session.joinCount) - 1) }
  /// Whether all readings asked for were made and handed over, or there will be no more.
  var isFinished: Bool { node.isFinished }
  /// What TLS agreed on last.
  var tlsVersion: TLSVersion? { node.client.tlsVersion }
  /// TLS handshakes that resumed an earlier session.
  var resumedCount: UInt32 { node.client.resumedCount }

  /// Why the last connection failed, in words.
  func failureText(_ end: SessionEnd) -> String {
    describing { node.client.describe(end, to: &$0) }
  }

  /// Takes no more readings.
  func stopPublishing() {
    node.stopPublishing()
    wait.deadlineMilliseconds = 0
  }

  /// Leaves the channel; the state becomes `stopped`.
  func leave() {
    node.leave()
    wait.deadlineMilliseconds = 0
  }

  func addInterests(to interests: inout LoopInterests) {
    node.client.socket.addInterests(to: &interests, reading: true, writing: wait.wantsWrite)
    interests.wake(atMilliseconds: wait.deadlineMilliseconds)
  }

  func serve(_ ready: LoopInterests, nowMilliseconds: UInt64) {
    if station.isOver { node.stopPublishing() }
    wait = node.step()
  }
}
