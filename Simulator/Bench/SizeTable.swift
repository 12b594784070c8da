import Device
import Mles
import TLS
import WebSocket

/// What the state structures of a node take with default capacities, as `bench --sizes` prints it and the README shows
/// it. The figures are those of a 64-bit computer; on the chip, whose words are half as large, they are smaller.
enum SizeTable {
  /// The most that session, outbox and frame buffers may take together, in bytes.
  static let messagingByteCountMax = 6 * 1024

  /// One line of the table.
  struct Row {
    let name: String
    let byteCount: Int
  }

  /// Session, which holds the frame buffers, outbox, and the bytes on their way from TLS to the session.
  static var messagingByteCount: Int {
    MemoryLayout<NodeSession>.size + MemoryLayout<NodeOutbox>.size
      + MemoryLayout<BareClient.InputBuffer>.size
  }

  static var rows: [Row] {
    [
      Row(name: "Frame buffers and their state: `Connection<1024, 640>`", byteCount: MemoryLayout<NodeConnection>.size),
      Row(name: "Channel session, frame buffers included: `NodeSession`", byteCount: MemoryLayout<NodeSession>.size),
      Row(name: "Outbox, 2 KiB in up to 32 messages: `NodeOutbox`", byteCount: MemoryLayout<NodeOutbox>.size),
      Row(name: "Input between TLS and session", byteCount: MemoryLayout<BareClient.InputBuffer>.size),
      Row(name: "**Session, outbox and frame buffers together**", byteCount: messagingByteCount),
      Row(
        name: "TLS session, mbedTLS's own memory not counted: `ClientTLSSession`",
        byteCount: MemoryLayout<ClientTLSSession>.size),
      Row(
        name: "History filter, 256 messages: `DefaultHistoryFilter`", byteCount: MemoryLayout<DefaultHistoryFilter>.size
      ),
      Row(name: "Sensor driver: `SHTC3`", byteCount: MemoryLayout<SHTC3<BareBus>>.size),
      Row(
        name: "Channel client, with session and TLS session, without socket: `NodeClient`",
        byteCount: MemoryLayout<BareClient>.size),
      Row(
        name: "**Whole node**, with client, outbox and driver, without the board: `Node`",
        byteCount: MemoryLayout<Node<BareSocket, ClientTLSSession, SHTC3<BareBus>, BareBoard>>.size),
    ]
  }

  /// The table in Markdown, one line each.
  static var lines: [String] {
    ["| Structure | Bytes |", "| --- | ---: |"] + rows.map { "| \($0.name) | \($0.byteCount) |" }
  }

  private typealias NodeConnection = Connection<1024, 640>
  private typealias BareClient = NodeClient<BareSocket, ClientTLSSession>
}
