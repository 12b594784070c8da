// The board of the minimal node: every call goes to one C function, so that the compiler can assume nothing about it.
import HAL

/// What comes from outside: a number that nobody can predict.
@_extern(c, "proof_input") func proofInput() -> UInt32
/// What leaves: a number that somebody looks at.
@_extern(c, "proof_output") func proofOutput(_ value: UInt32)

func output(_ bytes: Span<UInt8>) {
  for index in bytes.indices { proofOutput(UInt32(bytes[index])) }
}

func input(into bytes: inout MutableSpan<UInt8>) {
  for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: proofInput()) }
}

/// One TCP connection.
struct ProofSocket: StreamSocket, ~Copyable {
  mutating func open(host: Span<UInt8>, port: UInt16) throws(SocketError) {
    output(host)
    proofOutput(UInt32(port))
    if proofInput() == 0 { throw .invalidHost(byteCount: host.count) }
  }

  mutating func status() throws(SocketError) -> SocketStatus {
    switch proofInput() {
    case 0: throw .refused
    case 1: .resolving
    case 2: .connecting
    default: .connected
    }
  }

  mutating func read(into output: inout MutableSpan<UInt8>) throws(SocketError) -> ReadResult {
    switch proofInput() {
    case 0: throw .reset
    case 1: return .end
    case 2: return .wouldBlock
    default:
      input(into: &output)
      return .bytes(output.count)
    }
  }

  mutating func write(_ bytes: Span<UInt8>) throws(SocketError) -> Int {
    if proofInput() == 0 { throw .reset }
    output(bytes)
    return bytes.count
  }

  mutating func close() { proofOutput(0) }
}

/// The bus that the SHTC3 is on.
struct ProofBus: I2CBus, ~Copyable {
  mutating func write(_ bytes: Span<UInt8>, to address: UInt8) throws(I2CError) {
    if proofInput() == 0 { throw .notAcknowledged(address: address) }
    output(bytes)
  }

  mutating func read(into output: inout MutableSpan<UInt8>, from address: UInt8) throws(I2CError) {
    if proofInput() == 0 { throw .notAcknowledged(address: address) }
    input(into: &output)
  }
}

/// Everything else that a node needs of its board.
struct ProofBoard: Clock, EntropySource, KeyValueStore, Link, LogSink, StatusIndicator, ~Copyable {
  func monotonicMilliseconds() -> UInt64 { UInt64(truncatingIfNeeded: proofInput()) }
  func wallMilliseconds() -> UInt64? { proofInput() == 0 ? nil : UInt64(truncatingIfNeeded: proofInput()) }
  mutating func fill(_ bytes: inout MutableSpan<UInt8>) throws(EntropyError) {
    if proofInput() == 0 { throw .unavailable(code: 1) }
    input(into: &bytes)
  }
  mutating func readValue(for key: StaticString, into output: inout MutableSpan<UInt8>) throws(KeyValueError) -> Int? {
    if proofInput() == 0 { throw .failed(code: 1) }
    input(into: &output)
    return output.count
  }
  mutating func storeValue(_ value: Span<UInt8>, for key: StaticString) throws(KeyValueError) { output(value) }
  mutating func linkState() -> LinkState { proofInput() == 0 ? .down : .up }
  mutating func log(_ level: LogLevel, _ line: Span<UInt8>) { output(line) }
  mutating func show(_ status: NodeStatus) { proofOutput(UInt32(status.rawValue)) }
}
