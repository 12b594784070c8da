import Bytes
import WebSocket

/// The bytes of a span as an array, which tests can compare and print.
func array(_ span: Span<UInt8>) -> [UInt8] {
  var bytes: [UInt8] = []
  bytes.reserveCapacity(span.count)
  for index in span.indices { bytes.append(span[index]) }
  return bytes
}

/// The bytes of a span as text.
func text(_ span: Span<UInt8>) -> String { String(decoding: array(span), as: UTF8.self) }

/// Random numbers that are the same in every run (SplitMix64).
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) } }
}

/// How the length of a frame is written.
enum LengthForm {
  case minimal
  case bytes(Int)
}

/// A frame built straight from the figure in RFC 6455, section 5.2: the tests' own encoder. Nothing keeps it from
/// building what the RFC forbids.
func frame(
  _ opcode: UInt8, _ payload: [UInt8] = [], fin: Bool = true, key: UInt32? = nil, reserved: UInt8 = 0,
  length: UInt64? = nil, form: LengthForm = .minimal
) -> [UInt8] {
  let size = length ?? UInt64(payload.count)
  var bytes: [UInt8] = [(fin ? 0x80 : 0) | reserved << 4 | opcode]
  let mask: UInt8 = key == nil ? 0 : 0x80
  let lengthBytes: Int
  switch form {
  case .minimal: lengthBytes = size <= 125 ? 0 : size <= 65_535 ? 2 : 8
  case .bytes(let count): lengthBytes = count
  }
  switch lengthBytes {
  case 0: bytes.append(mask | UInt8(size))
  case 2: bytes += [mask | 126, UInt8(size >> 8), UInt8(size & 0xFF)]
  default: bytes += [mask | 127] + (0..<8).reversed().map { UInt8(truncatingIfNeeded: size >> UInt64($0 * 8)) }
  }
  guard let key else { return bytes + payload }
  let keyBytes = (0..<4).reversed().map { UInt8(truncatingIfNeeded: key >> UInt32($0 * 8)) }
  return bytes + keyBytes + payload.enumerated().map { $0.element ^ keyBytes[$0.offset % 4] }
}

/// The payload of a Close frame.
func closePayload(_ code: UInt16, _ reason: String = "") -> [UInt8] {
  [UInt8(code >> 8), UInt8(code & 0xFF)] + Array(reason.utf8)
}

/// What a connection or receiver reported, with the bytes that belong to it.
enum Received: Equatable {
  case message(MessageKind, [UInt8])
  case chunk(MessageChunk, [UInt8])
  case ping([UInt8])
  case pong([UInt8])
  case close(UInt16?, [UInt8])
  case failure(ProtocolError)

  static func text(_ text: String) -> Received { .message(.text, Array(text.utf8)) }
}

/// Feeds `pieces` one after the other and collects what comes out, until the first error.
func receive<let r: Int, let s: Int>(
  _ pieces: [[UInt8]], _ connection: inout Connection<r, s>, randomBits: UInt32 = 0x0102_0304
) -> [Received] {
  var received: [Received] = []
  for var piece in pieces {
    var input = piece.mutableSpan
    var position = 0
    do throws(ProtocolError) {
      while let event = try connection.receive(&input, position: &position, randomBits: randomBits) {
        switch event {
        case .message(let kind): received.append(.message(kind, array(connection.message)))
        case .chunk: received.append(.chunk(connection.chunk, array(connection.message)))
        case .ping: received.append(.ping(array(connection.control)))
        case .pong: received.append(.pong(array(connection.control)))
        case .close(let code): received.append(.close(code?.rawValue, array(connection.closeReason)))
        }
      }
    } catch {
      return received + [.failure(error)]
    }
  }
  return received
}

/// What a new end with room for `r` bytes reports for `pieces`.
func receive<let r: Int>(
  _ pieces: [[UInt8]], as role: Role, capacity: InlineArray<r, UInt8>.Type = InlineArray<1024, UInt8>.self,
  oversize: OversizePolicy = .refuse
) -> [Received] {
  var connection = Connection<r, 512>(role: role, oversize: oversize)
  return receive(pieces, &connection)
}

/// What a new end with room for 1024 bytes reports for `bytes`.
func receive(_ bytes: [UInt8], as role: Role) -> [Received] { receive([bytes], as: role) }

/// `bytes` in two pieces, at every place there is.
func everySplit(_ bytes: [UInt8]) -> [[[UInt8]]] {
  (0...bytes.count).map { [Array(bytes[..<$0]), Array(bytes[$0...])] }
}

/// `bytes` one by one.
func byteByByte(_ bytes: [UInt8]) -> [[UInt8]] { bytes.map { [$0] } }

/// `bytes` in pieces of random sizes, empty ones among them.
func randomSplit(_ bytes: [UInt8], _ random: inout SeededRandom) -> [[UInt8]] {
  var pieces: [[UInt8]] = []
  var start = 0
  while start < bytes.count {
    let end = min(bytes.count, start + Int.random(in: 0...23, using: &random))
    pieces.append(Array(bytes[start..<end]))
    start = end
  }
  return pieces
}

/// Takes everything a connection has to send, as if the transport took all of it.
func takeOutput<let r: Int, let s: Int>(
  _ connection: inout Connection<r, s>, randomBits: UInt32 = 0x0506_0708
) -> [UInt8] {
  var bytes: [UInt8] = []
  while connection.hasOutput {
    let piece = array(connection.output)
    if piece.isEmpty { break }
    bytes += piece
    connection.consumeOutput(piece.count, randomBits: randomBits)
  }
  return bytes
}

/// A frame as the tests' own reader sees it, unmasked.
struct WireFrame: Equatable {
  var fin: Bool
  var opcode: UInt8
  var key: UInt32?
  var payload: [UInt8]
}

/// Takes well-formed frames apart, straight from the figure in RFC 6455, section 5.2; nil when bytes are left over.
func wireFrames(_ bytes: [UInt8]) -> [WireFrame]? {
  var frames: [WireFrame] = []
  var rest = bytes[...]
  while !rest.isEmpty {
    guard rest.count >= 2 else { return nil }
    let first = rest.removeFirst()
    let second = rest.removeFirst()
    var length = Int(second & 0x7F)
    let lengthBytes = length == 126 ? 2 : length == 127 ? 8 : 0
    guard first & 0x70 == 0, rest.count >= lengthBytes else { return nil }
    if lengthBytes > 0 { length = rest.prefix(lengthBytes).reduce(0) { $0 << 8 | Int($1) } }
    rest = rest.dropFirst(lengthBytes)
    var keyBytes: [UInt8] = [0, 0, 0, 0]
    let isMasked = second & 0x80 != 0
    if isMasked {
      guard rest.count >= 4 else { return nil }
      keyBytes = Array(rest.prefix(4))
      rest = rest.dropFirst(4)
    }
    guard rest.count >= length else { return nil }
    frames.append(
      WireFrame(
        fin: first & 0x80 != 0, opcode: first & 0x0F, key: isMasked ? keyBytes.reduce(0) { $0 << 8 | UInt32($1) } : nil,
        payload: rest.prefix(length).enumerated().map { $0.element ^ keyBytes[$0.offset % 4] }))
    rest = rest.dropFirst(length)
  }
  return frames
}

extension Connection {
  /// The error of a send, nil when there is none.
  mutating func trySend(_ bytes: [UInt8], _ kind: MessageKind, key: UInt32) -> SendError? {
    do throws(SendError) {
      try send(bytes.span, kind: kind, randomBits: key)
      return nil
    } catch { return error }
  }

  /// The error of a fragment, nil when there is none.
  mutating func tryFragment(_ bytes: [UInt8], _ kind: MessageKind, isFinal: Bool, key: UInt32) -> SendError? {
    do throws(SendError) {
      try sendFragment(bytes.span, kind: kind, isFinal: isFinal, randomBits: key)
      return nil
    } catch { return error }
  }

  /// The error of a ping, nil when there is none.
  mutating func tryPing(_ bytes: [UInt8], key: UInt32) -> SendError? {
    do throws(SendError) {
      try sendPing(bytes.span, randomBits: key)
      return nil
    } catch { return error }
  }
}
