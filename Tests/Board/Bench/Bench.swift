// Instructions that the protocol's small steps take on the chip's instruction set: a firmware of its own, on the same
// board and with the same modules. It writes a line for each step, `bench: STEP: N instructions`, then `bench: done`.
import Bytes
import CBoard
import Mles
import WebSocket

/// Instructions since the last reset (Board/VirtRV32/Start/cpu.h).
@_extern(c, "cpu_instructions") func cpuInstructions() -> UInt64

/// What the steps work on. Contents and sizes come out of C functions, so that the compiler knows none of them.
struct BenchMemory: ~Copyable {
  /// The connection of a node.
  var connection = Connection<1024, 640>(role: .client, oversize: .stream(maximumBytes: 1 &<< 20))
  var payload = InlineArray<64, UInt8>(repeating: 0)
  /// A server's frame with that payload: not masked.
  var frame = InlineArray<66, UInt8>(repeating: 0)
  var header = InlineArray<14, UInt8>(repeating: 0)
  let payloadCount: Int
  let maskingKey: UInt32

  init() {
    var key = InlineArray<4, UInt8>(repeating: 0)
    payloadCount = 64 + Self.fill(&key)
    maskingKey = UInt32(key[0]) | UInt32(key[1]) &<< 8 | UInt32(key[2]) &<< 16 | UInt32(key[3]) &<< 24
    _ = Self.fill(&payload)
    (frame[0], frame[1]) = (0x81, UInt8(truncatingIfNeeded: payloadCount))
    for index in payload.indices {
      payload[index] = 0x20 | payload[index] & 0x3F
      frame[2 + index] = payload[index]
    }
  }

  /// 0, unless there is no randomness.
  private static func fill<let count: Int>(_ bytes: inout InlineArray<count, UInt8>) -> Int {
    var span = bytes.mutableSpan
    return span.withUnsafeMutableBufferPointer { Int(board_random($0.baseAddress, $0.count)) }
  }
}

@inline(never) func nothing(_ memory: inout BenchMemory) -> Bool { memory.payloadCount == 64 }

@inline(never) func encodeHeader(_ memory: inout BenchMemory) -> Bool {
  let header = FrameHeader(
    isFinal: true, opcode: .text, maskingKey: memory.maskingKey,
    payloadLength: UInt64(truncatingIfNeeded: memory.payloadCount))
  var output = memory.header.mutableSpan
  return header.encode(into: &output)
}

@inline(never) func sendReading(_ memory: inout BenchMemory) -> Bool {
  let payload = memory.payload.span.extracting(0..<memory.payloadCount)
  guard (try? memory.connection.send(payload, kind: .text, randomBits: memory.maskingKey)) != nil else { return false }
  let count = memory.connection.output.count
  memory.connection.consumeOutput(count, randomBits: memory.maskingKey)
  return count == memory.payloadCount + 6
}

@inline(never) func receiveMessage(_ memory: inout BenchMemory) -> Bool {
  var input = memory.frame.mutableSpan
  var position = 0
  let event = try? memory.connection.receive(&input, position: &position, randomBits: memory.maskingKey)
  return event != nil && memory.connection.message.count == memory.payloadCount
}

@inline(never) func hash(_ memory: inout BenchMemory) -> Bool {
  SipHash24.hash(memory.payload.span.extracting(0..<memory.payloadCount)) != 0
}

/// Runs a step twice, so that the second finds everything as a node that has long been running does.
func measure(_ name: StaticString, _ memory: inout BenchMemory, _ step: (inout BenchMemory) -> Bool) {
  _ = step(&memory)
  let start = cpuInstructions()
  let isDone = step(&memory)
  let end = cpuInstructions()
  var line = InlineArray<96, UInt8>(repeating: 0)
  var writer = ByteWriter(line.mutableSpan)
  writer.append("bench: ")
  writer.append(name)
  writer.append(": ")
  writer.append(decimal: end &- start)
  writer.append(isDone ? " instructions" : " instructions, and failed")
  let count = min(writer.requiredCount, 96)
  log(line.span.extracting(0..<count))
}

func log(_ line: Span<UInt8>) {
  line.withUnsafeBufferPointer { board_log(BOARD_LOG_INFO, $0.baseAddress, $0.count) }
}

/// Where the board starts the firmware.
@c @implementation public func firmware_main() {
  var memory = BenchMemory()
  measure("nothing", &memory) { nothing(&$0) }
  measure("header encoded", &memory) { encodeHeader(&$0) }
  measure("64-byte reading framed and masked", &memory) { sendReading(&$0) }
  measure("incoming 64-byte frame decoded", &memory) { receiveMessage(&$0) }
  measure("SipHash of 64 bytes", &memory) { hash(&$0) }
  measure("done", &memory) { nothing(&$0) }
  while true {
    board_watchdog_feed()
    board_idle(.max, 0)
  }
}
