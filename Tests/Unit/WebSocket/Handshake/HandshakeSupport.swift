import Bytes

@testable import WebSocket

/// The nonce and key of RFC 6455, section 1.3: "the sample nonce", and the accept value that belongs to it.
let sampleNonce: InlineArray<16, UInt8> = {
  var nonce = InlineArray<16, UInt8>(repeating: 0)
  for (index, byte) in "the sample nonce".utf8.enumerated() { nonce[index] = byte }
  return nonce
}()
let sampleKey = "dGhlIHNhbXBsZSBub25jZQ=="
let sampleAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

/// Lines with their ends, and the empty line.
func head(_ lines: [String]) -> [UInt8] { Array((lines + ["", ""]).joined(separator: "\r\n").utf8) }

/// How a handshake ended: what was left of the input when it was complete, an error, or not at all.
enum HandshakeResult: Equatable {
  case complete(rest: [UInt8])
  case failure(HandshakeError)
  case incomplete
}

/// What a client that offers `subprotocol` makes of a response.
func clientResult(_ pieces: [[UInt8]], subprotocol: String = "mles-websocket") throws -> HandshakeResult {
  var client = try ClientHandshake(nonce: sampleNonce, subprotocol: Array(subprotocol.utf8).span)
  return result(pieces) { input, position throws(HandshakeError) in try client.receive(input, position: &position) }
}

/// What a server makes of a request.
func serverResult(_ pieces: [[UInt8]]) -> HandshakeResult {
  var server = ServerHandshake()
  return result(pieces) { input, position throws(HandshakeError) in try server.receive(input, position: &position) }
}

private func result(
  _ pieces: [[UInt8]], _ receive: (Span<UInt8>, inout Int) throws(HandshakeError) -> Bool
) -> HandshakeResult {
  for (index, piece) in pieces.enumerated() {
    var position = 0
    do throws(HandshakeError) {
      guard try receive(piece.span, &position) else { continue }
      return .complete(rest: Array(piece[position...]) + pieces[(index + 1)...].flatMap { $0 })
    } catch {
      return .failure(error)
    }
  }
  return .incomplete
}

/// What `write` writes into a writer with room for `capacity` bytes.
func written(capacity: Int = 1024, _ write: (inout ByteWriter) throws -> Void) throws -> String {
  var memory = [UInt8](repeating: 0, count: capacity)
  var writer = ByteWriter(memory.mutableSpan)
  try write(&writer)
  let count = try writer.finish()
  return String(decoding: memory[..<count], as: UTF8.self)
}
