import Bytes
import WebSocket

/// A frame of a client as it stood on the wire; read here without the frame code under test.
struct WireFrame: Equatable {
  var isFinal: Bool
  var opcode: UInt8
  /// The masking key as the four bytes on the wire, nil when the frame was not masked.
  var maskingKey: [UInt8]?
  /// Unmasked.
  var payload: [UInt8]

  var text: String { String(decoding: payload, as: UTF8.self) }

  /// Takes the first frame off `bytes`, nil when it is not complete yet.
  static func take(from bytes: inout [UInt8]) -> WireFrame? {
    guard bytes.count >= 2 else { return nil }
    var length = Int(bytes[1] & 0x7F)
    var offset = 2
    if length >= 126 {
      let size = length == 126 ? 2 : 8
      guard bytes.count >= offset + size else { return nil }
      length = bytes[offset..<offset + size].reduce(0) { $0 << 8 | Int($1) }
      offset += size
    }
    let isMasked = bytes[1] & 0x80 != 0
    guard bytes.count >= offset + (isMasked ? 4 : 0) + length else { return nil }
    let key = isMasked ? Array(bytes[offset..<offset + 4]) : nil
    offset += isMasked ? 4 : 0
    var payload = Array(bytes[offset..<offset + length])
    if let key { for index in payload.indices { payload[index] ^= key[index % 4] } }
    let frame = WireFrame(
      isFinal: bytes[0] & 0x80 != 0, opcode: bytes[0] & 0x0F, maskingKey: key, payload: payload)
    bytes.removeFirst(offset + length)
    return frame
  }

  /// A frame as a server sends it: unmasked, minimal length.
  static func fromServer(_ opcode: UInt8, _ payload: [UInt8] = [], isFinal: Bool = true) -> [UInt8] {
    var bytes = [(isFinal ? 0x80 : 0) | opcode]
    switch payload.count {
    case 0..<126: bytes.append(UInt8(payload.count))
    case 126..<65_536: bytes += [126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
    default: bytes += [127] + (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
    }
    return bytes + payload
  }
}

/// What the Mles server does with one client, as far as a session sees it: answers the upgrade, reads frames, says
/// nothing to a join. What it sends otherwise, a test puts into `output`.
final class ServerModel {
  enum Phase: Equatable {
    case request
    case open
    case refused
  }

  private(set) var phase = Phase.request
  /// What came as the request, as text.
  var request: String { String(decoding: requestBytes, as: UTF8.self) }
  private(set) var frames: [WireFrame] = []
  /// Bytes on their way to the client.
  var output: [UInt8] = []
  private var input: [UInt8] = []
  private var requestBytes: [UInt8] = []

  /// The answer to the upgrade instead of the right one.
  var answer: ((_ rightAnswer: String) -> String)?
  /// No answer to the upgrade.
  var isMute = false

  func receive(_ bytes: [UInt8]) {
    input += bytes
    if phase == .request { readRequest() }
    guard phase == .open else { return }
    while let frame = WireFrame.take(from: &input) { frames.append(frame) }
  }

  /// What is left of `frames` besides the join header: the messages.
  var messages: [String] { frames.dropFirst().filter { $0.opcode < 8 }.map(\.text) }
  var pongs: [WireFrame] { frames.filter { $0.opcode == 10 } }
  var closes: [WireFrame] { frames.filter { $0.opcode == 8 } }

  func send(text: String) { output += WireFrame.fromServer(1, Array(text.utf8)) }
  func send(binary: [UInt8]) { output += WireFrame.fromServer(2, binary) }
  func sendPing(_ payload: [UInt8] = []) { output += WireFrame.fromServer(9, payload) }
  /// The empty Close, with which the server ends whatever it does not like.
  func sendEmptyClose() { output += [0x88, 0x00] }

  private func readRequest() {
    guard let end = input.firstIndex(of: 0x0A, behind: [0x0D, 0x0A, 0x0D]) else { return }
    requestBytes = Array(input[...end])
    input.removeFirst(end + 1)
    guard !isMute else { return }
    var handshake = ServerHandshake()
    var position = 0
    guard (try? handshake.receive(requestBytes.span, position: &position)) == true else {
      phase = .refused
      output += Array("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n".utf8)
      return
    }
    var response = [UInt8](repeating: 0, count: 512)
    var writer = ByteWriter(response.mutableSpan)
    handshake.writeResponse(subprotocol: handshake.subprotocol, to: &writer)
    let right = response[..<writer.requiredCount]
    phase = answer == nil ? .open : .refused
    if let answer { output += Array(answer(String(decoding: right, as: UTF8.self)).utf8) } else { output += right }
  }
}

extension [UInt8] {
  /// The first index of `byte` with `before` right before it.
  fileprivate func firstIndex(of byte: UInt8, behind before: [UInt8]) -> Int? {
    indices.first { self[$0] == byte && $0 >= before.count && self[($0 - before.count)..<$0].elementsEqual(before) }
  }
}
