import Device
import HAL
import Mles

/// What a simulated board has besides sensor and socket: this computer's clock, randomness and files.
struct SimulatedSystem: BoardSystem, ~Copyable {
  private let clock = LinuxClock()
  private var entropy = LinuxEntropy()
  private var link: LinuxLink
  private var store: FileKeyValueStore
  private var log: StandardErrorLog
  private(set) var status = TerminalStatus()

  init(link: LinuxLink = LinuxLink(), store: FileKeyValueStore, log: StandardErrorLog) {
    self.link = link
    self.store = store
    self.log = log
  }

  func monotonicMilliseconds() -> UInt64 { clock.monotonicMilliseconds() }
  func wallMilliseconds() -> UInt64? { clock.wallMilliseconds() }
  mutating func fill(_ bytes: inout MutableSpan<UInt8>) throws(EntropyError) { try entropy.fill(&bytes) }
  mutating func linkState() -> LinkState { link.linkState() }
  mutating func show(_ status: NodeStatus) { self.status.show(status) }
  mutating func log(_ level: LogLevel, _ line: Span<UInt8>) { log.log(level, line) }
  mutating func readValue(
    for key: StaticString, into output: inout MutableSpan<UInt8>
  ) throws(KeyValueError) -> Int? { try store.readValue(for: key, into: &output) }
  mutating func storeValue(_ value: Span<UInt8>, for key: StaticString) throws(KeyValueError) {
    try store.storeValue(value, for: key)
  }
}
