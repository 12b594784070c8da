import HAL

/// A board of no size at all: with it, `MemoryLayout` shows what the code that is the same on every board takes. Nothing
/// of it is ever called.
struct BareSocket: StreamSocket, ~Copyable {
  func open(host: Span<UInt8>, port: UInt16) throws(SocketError) { throw .notConnected }
  func status() throws(SocketError) -> SocketStatus { .closed }
  func read(into output: inout MutableSpan<UInt8>) throws(SocketError) -> ReadResult { throw .notConnected }
  func write(_ bytes: Span<UInt8>) throws(SocketError) -> Int { throw .notConnected }
  func close() {}
}

/// The bus of `BareBoard`'s sensor.
struct BareBus: I2CBus, ~Copyable {
  func write(_ bytes: Span<UInt8>, to address: UInt8) throws(I2CError) { throw .busStuck }
  func read(into output: inout MutableSpan<UInt8>, from address: UInt8) throws(I2CError) { throw .busStuck }
}

/// The rest of a board: clock, randomness, store, link, log and light.
struct BareBoard: HAL.Clock, EntropySource, KeyValueStore, Link, LogSink, StatusIndicator, ~Copyable {
  func monotonicMilliseconds() -> UInt64 { 0 }
  func wallMilliseconds() -> UInt64? { nil }
  func fill(_ bytes: inout MutableSpan<UInt8>) throws(EntropyError) { throw .unavailable(code: 0) }
  func readValue(for key: StaticString, into output: inout MutableSpan<UInt8>) throws(KeyValueError) -> Int? { nil }
  func storeValue(_ value: Span<UInt8>, for key: StaticString) throws(KeyValueError) {}
  func linkState() -> LinkState { .down }
  func log(_ level: LogLevel, _ line: Span<UInt8>) {}
  func show(_ status: NodeStatus) {}
}
