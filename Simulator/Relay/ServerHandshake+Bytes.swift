import Bytes
import WebSocket

/// What the relay answers, as bytes.
extension ServerHandshake {
  /// The first subprotocol offered.
  var firstSubprotocol: String {
    subprotocol.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
  }

  /// The 101 response that chooses the first subprotocol offered.
  var response: [UInt8] {
    Self.bytes { writer in writeResponse(subprotocol: subprotocol, to: &writer) }
  }

  /// A response with an error status.
  static func refusal(status: UInt16) -> [UInt8] {
    bytes { writer in writeRefusal(status: status, to: &writer) }
  }

  private static func bytes(_ write: (inout ByteWriter) -> Void) -> [UInt8] {
    // The longest response has about 200 bytes.
    var memory = [UInt8](repeating: 0, count: 512)
    var writer = ByteWriter(memory.mutableSpan)
    write(&writer)
    let count = min(writer.requiredCount, writer.capacity)
    return Array(memory.prefix(count))
  }
}
