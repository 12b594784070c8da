import HAL
import Testing

@testable import Simulator

/// The other end of one connection, and the kernel between.
final class VirtualEnd {
  /// How far the connection comes when it is asked.
  var status = SocketStatus.connected
  /// What the next call fails with.
  var failure: SocketError?
  /// Bytes that the client has not read yet, and whether FIN is behind them.
  var unread: [UInt8] = []
  var hasFinished = false
  /// What came from the client.
  private(set) var received: [UInt8] = []
  /// When it came, one entry a write.
  private(set) var arrivals: [UInt64] = []
  /// How many more bytes the kernel takes.
  var room = Int.max
  fileprivate(set) var isClosed = false
  fileprivate(set) var isReset = false
  /// What the client last wanted to be woken by.
  fileprivate(set) var wanted = (reading: false, writing: false)

  fileprivate func take(_ bytes: Span<UInt8>, _ now: UInt64) -> Int {
    let count = min(bytes.count, room)
    for index in 0..<count { received.append(bytes[index]) }
    if count > 0 { arrivals.append(now) }
    room -= count
    return count
  }
}

/// The clock, and all connections made so far.
final class VirtualKernel {
  fileprivate(set) var now: UInt64 = 1000
  fileprivate(set) var ends: [VirtualEnd] = []
  /// Changes an end before its connection is made.
  var prepare: (VirtualEnd) -> Void = { _ in }
  /// What the network said.
  fileprivate(set) var reports: [String] = []
}

/// A socket whose other end is in memory.
struct VirtualSocket: PolledSocket, ~Copyable {
  private let kernel: VirtualKernel
  private var end: VirtualEnd?

  init(_ kernel: VirtualKernel) { self.kernel = kernel }

  mutating func open(host: Span<UInt8>, port: UInt16) throws(SocketError) {
    let end = VirtualEnd()
    kernel.prepare(end)
    kernel.ends.append(end)
    self.end = end
  }

  mutating func status() throws(SocketError) -> SocketStatus {
    if let failure = end?.failure { throw failure }
    return end?.status ?? .closed
  }

  mutating func read(into output: inout MutableSpan<UInt8>) throws(SocketError) -> ReadResult {
    guard let end else { throw .notConnected }
    if end.unread.isEmpty {
      if let failure = end.failure { throw failure }
      return end.hasFinished ? .end : .wouldBlock
    }
    let count = min(end.unread.count, output.count)
    for index in 0..<count { output[index] = end.unread[index] }
    end.unread.removeFirst(count)
    return .bytes(count)
  }

  mutating func write(_ bytes: Span<UInt8>) throws(SocketError) -> Int {
    guard let end else { throw .notConnected }
    if let failure = end.failure { throw failure }
    return end.take(bytes, kernel.now)
  }

  mutating func close() {
    end?.isClosed = true
    end = nil
  }

  mutating func abort() {
    end?.isReset = true
    close()
  }

  func addInterests(to interests: inout LoopInterests, reading: Bool, writing: Bool) {
    end?.wanted = (reading, writing)
    // What an event loop would see at once.
    guard let end, !end.isClosed else { return }
    if reading, !end.unread.isEmpty || end.hasFinished || end.failure != nil { interests.wake(atMilliseconds: 0) }
    if writing, end.room > 0 { interests.wake(atMilliseconds: 0) }
  }
}

/// One board's socket on a network with faults, and a clock that jumps to what is due next: no test waits.
final class VirtualWorld {
  let kernel = VirtualKernel()
  let network: FaultyNetwork<VirtualSocket>
  var socket: FaultySocket<VirtualSocket>
  /// What the client has read, and when.
  private(set) var received: [UInt8] = []
  private(set) var arrivals: [UInt64] = []
  /// How the client's connection ended.
  private(set) var end: Result<Void, SocketError>?

  init(_ faults: String, seed: UInt64 = 1) throws {
    let kernel = kernel
    network = FaultyNetwork(
      try FaultProfile(faults), seed: seed, nowMilliseconds: { kernel.now }, makeSocket: { VirtualSocket(kernel) },
      report: { kernel.reports.append($0) })
    socket = network.makeSocket(for: "board")
  }

  var now: UInt64 { kernel.now }

  /// The newest connection's other end.
  var far: VirtualEnd {
    get throws { try #require(kernel.ends.last) }
  }

  func open() throws(SocketError) {
    end = nil
    try socket.open(host: [0x78].span, port: 443)
  }

  /// Opens, and waits for the connection.
  func connect() throws {
    try open()
    try #require(try waitUntil { try $0.socket.status() == .connected })
  }

  /// Turns an event loop, whose clock jumps from one deadline to the next, until `condition` holds; false when it does not
  /// by `limit` milliseconds from now.
  @discardableResult
  func waitUntil(limit: UInt64 = 10_000_000, _ condition: (VirtualWorld) throws -> Bool) throws -> Bool {
    let last = now + limit
    var turnsInPlace = 0
    while true {
      if try condition(self) { return true }
      var interests = LoopInterests()
      socket.addInterests(to: &interests, reading: end == nil, writing: false)
      network.addInterests(to: &interests)
      let next = max(now, interests.deadlineMilliseconds ?? .max)
      guard next <= last else {
        kernel.now = last
        return try condition(self)
      }
      turnsInPlace = next == now ? turnsInPlace + 1 : 0
      try #require(turnsInPlace < 100, "the loop turns without anything to do")
      kernel.now = next
      network.serve(interests, nowMilliseconds: now)
      if end == nil { read() }
    }
  }

  /// Lets so much time pass.
  func pass(_ milliseconds: UInt64) throws { try waitUntil(limit: milliseconds) { _ in false } }

  /// Writes all of it, as there is room, and returns when that was done.
  func write(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    try #require(
      try waitUntil { world in
        rest = rest.dropFirst(try world.socket.write(rest.span))
        return rest.isEmpty
      })
  }

  /// Takes what has arrived.
  private func read() {
    do throws(SocketError) {
      while true {
        var memory = [UInt8](repeating: 0, count: 1000)
        var space = memory.mutableSpan
        switch try socket.read(into: &space) {
        case .bytes(let count):
          received += memory.prefix(count)
          arrivals.append(now)
        case .wouldBlock: return
        case .end:
          end = .success(())
          return
        }
      }
    } catch .notConnected {
      return
    } catch {
      end = .failure(error)
    }
  }
}
