import HAL

/// What a simulated node has besides its program: what stays when the power goes, and what faults change.
final class NodeHardware {
  unowned(unsafe) let world: World
  /// The node's random numbers, not those of any other.
  var random: SimulationRandom
  var link = LinkState.up
  /// When the power came; the monotonic clock counts from there.
  var bootMilliseconds: UInt64 = 0
  /// When the time of day becomes known, after the boot.
  var wallKnownMilliseconds: UInt64 = 0
  var isStoreFailing = false
  var stored: [(name: String, value: [UInt8])] = []
  var sensorFaults = SimulatedSHTC3.Faults()
  /// Where log lines go, if anywhere.
  var onLog: ((LogLevel, String) -> Void)?

  /// UTC at the start of each world: 2026-01-01.
  static let epochMilliseconds: UInt64 = 1_767_225_600_000

  init(world: World, random: SimulationRandom) {
    self.world = world
    self.random = random
  }

  var monotonicMilliseconds: UInt64 { world.now - bootMilliseconds + 1_000 }
}

/// The board of a simulated node, as its program sees it.
struct VirtualSystem: Clock, EntropySource, KeyValueStore, Link, LogSink, StatusIndicator, ~Copyable {
  let hardware: NodeHardware

  func monotonicMilliseconds() -> UInt64 { hardware.monotonicMilliseconds }

  func wallMilliseconds() -> UInt64? {
    let now = hardware.world.now
    return now >= hardware.wallKnownMilliseconds ? NodeHardware.epochMilliseconds + now : nil
  }

  mutating func fill(_ bytes: inout MutableSpan<UInt8>) throws(EntropyError) {
    for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: hardware.random.next()) }
  }

  mutating func linkState() -> LinkState { hardware.link }
  mutating func show(_ status: NodeStatus) {}

  mutating func log(_ level: LogLevel, _ line: Span<UInt8>) {
    guard let onLog = hardware.onLog else { return }
    onLog(level, line.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) })
  }

  mutating func readValue(
    for key: StaticString, into output: inout MutableSpan<UInt8>
  ) throws(KeyValueError) -> Int? {
    if hardware.isStoreFailing { throw .failed(code: 1) }
    let name = String(describing: key)
    guard let value = hardware.stored.first(where: { $0.name == name })?.value else { return nil }
    guard value.count <= output.count else {
      throw .valueTooLarge(byteCount: value.count, capacityBytes: output.count)
    }
    for index in value.indices { output[index] = value[index] }
    return value.count
  }

  mutating func storeValue(_ value: Span<UInt8>, for key: StaticString) throws(KeyValueError) {
    if hardware.isStoreFailing { throw .failed(code: 1) }
    let name = String(describing: key)
    let bytes = value.withUnsafeBufferPointer { Array($0) }
    hardware.stored.removeAll { $0.name == name }
    hardware.stored.append((name, bytes))
  }
}
