import Bytes
import Glibc
import WebSocket

// MARK: What is measured

/// Room for a payload of 16 KiB and its header.
private typealias BenchConnection = Connection<16_384, 16_512>

func measureConnection(_ payloadBytes: Int) -> FramingMeasurement {
  measure(payloadBytes, encode: connectionEncode, decode: connectionDecode, isWholeConnection: true)
}

func measureParts(_ payloadBytes: Int) -> FramingMeasurement {
  measure(payloadBytes, encode: partsEncode, decode: partsDecode, isWholeConnection: false)
}

private typealias Workload = (inout BenchMemory, Int) -> Void

/// The smallest of `benchRepeats` runs of each workload. They take turns, so that a busy machine slows all alike, and
/// each turn has memory of its own: where it lies, to 4 KiB, can cost a factor of 2.
private func measure(
  _ payloadBytes: Int, encode: @escaping Workload, decode: @escaping Workload, isWholeConnection: Bool
) -> FramingMeasurement {
  let workloads = [memcpyPayload, byteLoop, encode, decode]
  var memories = (0..<benchPlaces).map { _ in BenchMemory(payloadBytes: payloadBytes) }
  let counts = workloads.map { callsPerRun($0, &memories[0]) }
  var best = workloads.map { _ in Double.infinity }
  for turn in 0..<benchRepeats {
    for (index, workload) in workloads.enumerated() {
      let elapsed = nanoseconds { workload(&memories[turn % benchPlaces], counts[index]) }
      best[index] = min(best[index], elapsed / Double(counts[index]))
    }
  }
  return FramingMeasurement(
    payloadBytes: payloadBytes, memcpyNanoseconds: best[0], byteLoopNanoseconds: best[1],
    encodeNanoseconds: best[2], decodeNanoseconds: best[3], isWholeConnection: isWholeConnection)
}

/// The bytes that one size works on.
private struct BenchMemory {
  var payload: [UInt8]
  var output: [UInt8]
  /// A masked frame with the payload. Decoding unmasks it in place, and the next round masks it again: the work is the
  /// same, and a binary payload may be anything.
  var frame: [UInt8]
  let maskingKey: UInt32 = 0x37FA_213D

  init(payloadBytes: Int) {
    payload = (0..<payloadBytes).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ 7) }
    output = Array(repeating: 0, count: payloadBytes + FrameHeader.maximumSize)
    let header = FrameHeader(
      isFinal: true, opcode: .binary, maskingKey: maskingKey, payloadLength: UInt64(payloadBytes))
    frame = Array(repeating: 0, count: header.encodedSize + payloadBytes)
    var space = frame.mutableSpan
    _ = header.encode(into: &space)
  }
}

@inline(never)
private func connectionEncode(_ memory: inout BenchMemory, _ count: Int) {
  var connection = BenchConnection(role: .client, oversize: .refuse)
  var written = 0
  for round in 0..<count {
    let key = memory.maskingKey &+ UInt32(truncatingIfNeeded: round)
    do throws(BenchConnection.SendError) {
      try connection.send(memory.payload.span, kind: .binary, randomBits: key)
    } catch {
      fatalError("the benchmark's frame was refused: \(error)")
    }
    let count = connection.output.count
    written += count
    connection.consumeOutput(count, randomBits: key)
  }
  precondition(written == count * memory.frame.count)
}

@inline(never)
private func connectionDecode(_ memory: inout BenchMemory, _ count: Int) {
  var connection = BenchConnection(role: .server, oversize: .refuse)
  var received = 0
  for _ in 0..<count {
    var input = memory.frame.mutableSpan
    var position = 0
    do throws(ProtocolError) {
      while try connection.receive(&input, position: &position, randomBits: 0) != nil {
        received += connection.message.count
      }
    } catch {
      fatalError("the benchmark's frame was refused: \(error)")
    }
  }
  precondition(received == count * memory.payload.count)
}

@inline(never)
private func partsEncode(_ memory: inout BenchMemory, _ count: Int) {
  encodeParts(memory.payload, into: &memory.output, key: memory.maskingKey, count)
}

private func encodeParts(_ payload: [UInt8], into frame: inout [UInt8], key: UInt32, _ count: Int) {
  for round in 0..<count {
    let key = key &+ UInt32(truncatingIfNeeded: round)
    let header = FrameHeader(
      isFinal: true, opcode: .binary, maskingKey: key, payloadLength: UInt64(payload.count))
    var output = frame.mutableSpan
    precondition(header.encode(into: &output))
    var body = output._mutatingExtracting(droppingFirst: header.encodedSize)
    Masking.copy(payload.span, into: &body, maskingKey: key, offset: 0)
  }
}

@inline(never)
private func partsDecode(_ memory: inout BenchMemory, _ count: Int) {
  var received = 0
  for _ in 0..<count {
    var input = memory.frame.mutableSpan
    do throws(ProtocolError) {
      guard let header = try FrameHeader.decode(input.span, receiver: .server) else { continue }
      var body = input._mutatingExtracting(droppingFirst: header.encodedSize)
      Masking.apply(header.maskingKey ?? 0, offset: 0, to: &body)
      received += body.count
    } catch {
      fatalError("the benchmark's frame was refused: \(error)")
    }
  }
  precondition(received == count * memory.payload.count)
}

// MARK: What it is measured against

private typealias CopyFunction =
  @convention(c) (UnsafeMutableRawPointer?, UnsafeRawPointer?, Int) -> UnsafeMutableRawPointer?

/// The C library's `memcpy`, found at run time, so that no call of it can be replaced or left out.
private func findMemcpy() -> CopyFunction {
  guard let symbol = dlsym(nil, "memcpy") else { fatalError("no memcpy in the C library") }
  return unsafeBitCast(symbol, to: CopyFunction.self)
}

@inline(never)
private func memcpyPayload(_ memory: inout BenchMemory, _ count: Int) {
  let copy = findMemcpy()
  let size = memory.payload.count
  memory.payload.withUnsafeBytes { source in
    memory.output.withUnsafeMutableBytes { target in
      for _ in 0..<count { _ = copy(target.baseAddress, source.baseAddress, size) }
    }
  }
}

@inline(never)
private func byteLoop(_ memory: inout BenchMemory, _ count: Int) {
  let mask: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
  let size = memory.payload.count
  memory.payload.withUnsafeBufferPointer { source in
    memory.output.withUnsafeMutableBufferPointer { target in
      mask.withUnsafeBufferPointer { mask in
        guard let source = source.baseAddress, let target = target.baseAddress, let mask = mask.baseAddress else {
          return
        }
        for _ in 0..<count { maskByBytes(source, target, mask, size) }
      }
    }
  }
}

/// The plain loop; the stores may alias the key, so the compiler leaves it a byte at a time.
@inline(never)
private func maskByBytes(
  _ source: UnsafePointer<UInt8>, _ target: UnsafeMutablePointer<UInt8>, _ key: UnsafePointer<UInt8>, _ count: Int
) {
  var index = 0
  while index < count {
    target[index] = source[index] ^ key[index & 3]
    index &+= 1
  }
}

// MARK: Clock

private let benchRepeats = 40
private let benchPlaces = 8
private let benchRunNanoseconds = 2e6

/// So many calls of `workload` that they take about `benchRunNanoseconds`.
private func callsPerRun(_ workload: Workload, _ memory: inout BenchMemory) -> Int {
  var count = 1
  while count < 1 << 30, nanoseconds({ workload(&memory, count) }) < benchRunNanoseconds / 2 { count *= 2 }
  return count
}

private func nanoseconds(_ body: () -> Void) -> Double {
  let start = threadNanoseconds()
  body()
  return Double(threadNanoseconds() &- start)
}

/// The processor time of this thread: what other programs do meanwhile does not count.
private func threadNanoseconds() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
