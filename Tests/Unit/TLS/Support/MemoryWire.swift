import HAL

/// One direction of a connection in memory.
final class Pipe {
  var bytes: [UInt8] = []
  /// The writer has ended it.
  var hasEnded = false
  /// The most bytes that one read gives.
  var readLimit = Int.max
  /// How often it was read from.
  var readCount = 0
  /// How many more bytes the pipe takes.
  var room = Int.max
  /// The size of each write, in order.
  var writes: [Int] = []
  /// Instead of taking bytes, writes fail.
  var failure: SocketError?
}

/// One end of a connection in memory.
struct MemorySocket: StreamSocket, ~Copyable {
  let incoming: Pipe
  let outgoing: Pipe

  mutating func open(host: Span<UInt8>, port: UInt16) throws(SocketError) {}

  mutating func status() throws(SocketError) -> SocketStatus { .connected }

  mutating func read(into output: inout MutableSpan<UInt8>) throws(SocketError) -> ReadResult {
    incoming.readCount += 1
    let count = min(output.count, incoming.bytes.count, incoming.readLimit)
    guard count > 0 else { return incoming.hasEnded ? .end : .wouldBlock }
    for index in 0..<count { output[index] = incoming.bytes[index] }
    incoming.bytes.removeFirst(count)
    return .bytes(count)
  }

  mutating func write(_ bytes: Span<UInt8>) throws(SocketError) -> Int {
    if let failure = outgoing.failure { throw failure }
    let count = min(bytes.count, outgoing.room)
    guard count > 0 else { return 0 }
    for index in 0..<count { outgoing.bytes.append(bytes[index]) }
    if outgoing.room != .max { outgoing.room -= count }
    outgoing.writes.append(count)
    return count
  }

  mutating func close() { outgoing.hasEnded = true }
}
