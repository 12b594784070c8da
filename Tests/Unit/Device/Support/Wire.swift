import HAL

/// The clock of a test: nothing moves it but the test.
final class VirtualTime {
  var now: UInt64 = 5_000
  /// UTC at `now` 0, nil as long as the board does not know it. The start of 2026 by default.
  var wallAtStart: UInt64? = 1_767_225_600_000

  var wall: UInt64? { wallAtStart.map { $0 + now } }
}

/// A TCP connection in memory, with the faults that a test sets.
final class Wire {
  enum Phase: Equatable {
    case closed
    case resolving(until: UInt64)
    case connecting(until: UInt64)
    case connected
  }

  let time: VirtualTime
  private(set) var phase = Phase.closed
  /// Connections that were established.
  private(set) var generation = 0
  /// Calls of `open`, and who was to be reached.
  private(set) var opens: [String] = []
  var toServer: [UInt8] = []
  var toClient: [UInt8] = []
  var clientHasClosed = false
  var serverHasEnded = false

  var resolveMilliseconds: UInt64 = 0
  var connectMilliseconds: UInt64 = 0
  /// What `open` throws.
  var openError: SocketError?
  /// What `status` throws.
  var statusError: SocketError?
  /// What reads throw once everything that arrived is read, and writes at once.
  var failure: SocketError?
  /// Bytes that wait for the server at most.
  var capacityBytes = 65_536
  /// Bytes that one read or write moves at most.
  var pieceBytes = Int.max
  /// Reads that move one byte, before any moves more.
  var smallReadCount = 0
  /// Packets of both directions vanish.
  var isSilent = false
  /// Packets of both directions wait, as TCP sends them again when the link is back.
  var isAway = false
  /// Bytes of the client that were taken and never reached the server.
  private(set) var lostBytes = 0
  /// Writes of the client that took at least one byte.
  private(set) var writeCount = 0

  init(time: VirtualTime) { self.time = time }

  func open(host: String, port: UInt16) throws(SocketError) {
    close()
    opens.append("\(host):\(port)")
    if let openError { throw openError }
    lose()
    clientHasClosed = false
    serverHasEnded = false
    failure = nil
    isSilent = false
    phase = .resolving(until: time.now + resolveMilliseconds)
  }

  /// What is on the way is lost.
  func lose() {
    lostBytes += toServer.count
    toServer = []
    toClient = []
  }

  func status() throws(SocketError) -> SocketStatus {
    if let statusError {
      phase = .closed
      throw statusError
    }
    if case .resolving(let until) = phase {
      guard time.now >= until else { return .resolving }
      phase = .connecting(until: time.now + connectMilliseconds)
    }
    if case .connecting(let until) = phase {
      guard time.now >= until else { return .connecting }
      phase = .connected
      generation += 1
    }
    return phase == .connected ? .connected : .closed
  }

  func close() {
    if phase == .connected { clientHasClosed = true }
    phase = .closed
  }

  func read(into output: inout MutableSpan<UInt8>) throws(SocketError) -> ReadResult {
    guard phase == .connected else { throw .notConnected }
    guard !isSilent, !isAway else { return .wouldBlock }
    guard !toClient.isEmpty else {
      if let failure { throw failure }
      return serverHasEnded ? .end : .wouldBlock
    }
    let count = min(output.count, toClient.count, smallReadCount > 0 ? 1 : pieceBytes)
    smallReadCount = max(0, smallReadCount - 1)
    for index in 0..<count { output[index] = toClient[index] }
    toClient.removeFirst(count)
    return .bytes(count)
  }

  func write(_ bytes: Span<UInt8>) throws(SocketError) -> Int {
    guard phase == .connected else { throw .notConnected }
    if let failure { throw failure }
    let count = min(bytes.count, capacityBytes - toServer.count, pieceBytes)
    guard count > 0 else { return 0 }
    for index in 0..<count { toServer.append(bytes[index]) }
    writeCount += 1
    return count
  }

  /// Whether a poll for reading would return now.
  var isReadable: Bool {
    phase == .connected && !isSilent && !isAway && (!toClient.isEmpty || serverHasEnded || failure != nil)
  }

  /// Whether a poll for writing, or for the end of name resolution, would return now.
  var isWritable: Bool {
    switch phase {
    case .closed: statusError != nil
    case .resolving(let until), .connecting(let until): time.now >= until || statusError != nil
    case .connected: failure != nil || toServer.count < capacityBytes
    }
  }

  /// When the wire becomes ready by itself.
  var nextMilliseconds: UInt64 {
    switch phase {
    case .resolving(let until), .connecting(let until): until
    default: .max
    }
  }
}

/// The board's end of a wire.
struct FakeSocket: StreamSocket, ~Copyable {
  let wire: Wire

  mutating func open(host: Span<UInt8>, port: UInt16) throws(SocketError) {
    try wire.open(host: text(host), port: port)
  }

  mutating func status() throws(SocketError) -> SocketStatus { try wire.status() }

  mutating func read(into output: inout MutableSpan<UInt8>) throws(SocketError) -> ReadResult {
    try wire.read(into: &output)
  }

  mutating func write(_ bytes: Span<UInt8>) throws(SocketError) -> Int { try wire.write(bytes) }

  mutating func close() { wire.close() }
}

/// The server's end of a wire.
struct ServerSocket: StreamSocket, ~Copyable {
  let wire: Wire

  mutating func open(host: Span<UInt8>, port: UInt16) throws(SocketError) { throw .notConnected }

  mutating func status() throws(SocketError) -> SocketStatus { .connected }

  mutating func read(into output: inout MutableSpan<UInt8>) throws(SocketError) -> ReadResult {
    guard !wire.isSilent, !wire.isAway else { return .wouldBlock }
    guard !wire.toServer.isEmpty else { return wire.clientHasClosed ? .end : .wouldBlock }
    let count = min(output.count, wire.toServer.count)
    for index in 0..<count { output[index] = wire.toServer[index] }
    wire.toServer.removeFirst(count)
    return .bytes(count)
  }

  mutating func write(_ bytes: Span<UInt8>) throws(SocketError) -> Int {
    guard !wire.isSilent else { return bytes.count }
    for index in bytes.indices { wire.toClient.append(bytes[index]) }
    return bytes.count
  }

  mutating func close() { wire.serverHasEnded = true }
}

func array(_ span: Span<UInt8>) -> [UInt8] { span.indices.map { span[$0] } }

func text(_ span: Span<UInt8>) -> String { String(decoding: array(span), as: UTF8.self) }

/// A random generator with a seed (SplitMix64), so that a failure can be had again.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }
}
