import Device
import HAL

/// What a fake board is, and has been told.
final class BoardState {
  let time: VirtualTime
  var link = LinkState.up
  var entropyError: EntropyError?
  var readError: KeyValueError?
  var storeError: KeyValueError?
  var stored: [String: [UInt8]] = [:]
  private(set) var log: [(level: LogLevel, line: String)] = []
  private(set) var shown: [NodeStatus] = []
  fileprivate var random = SeededGenerator(seed: 42)
  fileprivate(set) var entropyCalls = 0

  init(time: VirtualTime) { self.time = time }

  var lines: [String] { log.map(\.line) }
  func clearLog() { log = [] }
  fileprivate func append(_ level: LogLevel, _ line: String) { log.append((level, line)) }
  fileprivate func append(_ status: NodeStatus) { shown.append(status) }
}

struct FakeSystem: Clock, EntropySource, KeyValueStore, Link, LogSink, StatusIndicator, ~Copyable {
  let state: BoardState

  func monotonicMilliseconds() -> UInt64 { state.time.now }
  func wallMilliseconds() -> UInt64? { state.time.wall }

  mutating func fill(_ bytes: inout MutableSpan<UInt8>) throws(EntropyError) {
    state.entropyCalls += 1
    if let error = state.entropyError { throw error }
    for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: state.random.next()) }
  }

  mutating func readValue(for key: StaticString, into output: inout MutableSpan<UInt8>) throws(KeyValueError) -> Int? {
    if let error = state.readError { throw error }
    guard let value = state.stored["\(key)"] else { return nil }
    guard value.count <= output.count else {
      throw .valueTooLarge(byteCount: value.count, capacityBytes: output.count)
    }
    for index in value.indices { output[index] = value[index] }
    return value.count
  }

  mutating func storeValue(_ value: Span<UInt8>, for key: StaticString) throws(KeyValueError) {
    if let error = state.storeError { throw error }
    state.stored["\(key)"] = array(value)
  }

  mutating func linkState() -> LinkState { state.link }
  mutating func log(_ level: LogLevel, _ line: Span<UInt8>) { state.append(level, text(line)) }
  mutating func show(_ status: NodeStatus) { state.append(status) }
}

/// What a fake sensor does, and has been asked.
final class SensorScript {
  /// How long a measurement takes, in milliseconds.
  var durationMilliseconds: UInt64 = 0
  /// What fails instead.
  var error: SensorError?
  /// Says that nothing was asked for, whatever was asked.
  var isForgetful = false
  var begins = 0
  var polls = 0
}

struct FakeSensor: Sensor, ~Copyable {
  let script: SensorScript
  private var ready: UInt64?

  init(script: SensorScript) { self.script = script }

  mutating func begin(nowMilliseconds: UInt64) {
    guard ready == nil else { return }
    script.begins += 1
    ready = nowMilliseconds + script.durationMilliseconds
  }

  mutating func poll(nowMilliseconds: UInt64) throws(SensorError) -> SensorProgress {
    script.polls += 1
    if script.isForgetful { ready = nil }
    guard let due = ready else { return .idle }
    guard nowMilliseconds >= due else { return .waiting(untilMilliseconds: due) }
    ready = nil
    if let error = script.error { throw error }
    return .ready(Measurement(temperatureMillidegrees: 21_530, humidityMillipercent: 40_120))
  }
}
