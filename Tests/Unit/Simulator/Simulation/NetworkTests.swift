import HAL
import Testing

@testable import Simulator

/// A world in which nothing happens of itself, and the first node's way to its server.
struct QuietWorld {
  let world: Simulator.World
  let port: ClientPort

  init(_ profile: WorldFaultProfile = .none, nodes: Int = 1, index: Int = 0) throws {
    world = try Simulator.World(
      WorldSettings(seed: 1, index: index, nodeCount: nodes, milliseconds: 3_600_000, profile: profile))
    port = world.port(0)
    // Nobody answers for the node.
    port.client = nil
  }

  /// A connection that the server has accepted, with the server's side taken away: bytes stay in the pipes.
  func connect(keepingServer: Bool = false) throws -> VirtualConnection {
    world.network.open(port)
    world.advance(until: world.now + 5_000)
    let connection = try #require(port.connection)
    #expect(connection.phase == .open)
    if !keepingServer { connection.serverSide = nil }
    return connection
  }

  func write(_ bytes: [UInt8], _ connection: VirtualConnection) -> Int {
    bytes.withUnsafeBufferPointer { world.network.write(connection, $0) }
  }

  func read(_ pipe: Pipe) -> [UInt8] {
    var memory = [UInt8](repeating: 0, count: 10_000)
    let count = memory.withUnsafeMutableBufferPointer { pipe.read(into: $0, limit: .max) }
    return Array(memory.prefix(count))
  }
}

@Suite("Simulated network: bytes in order, late, in part or not at all")
struct NetworkTests {
  @Test("bytes arrive after their delay, in their order, whatever is lost on the way")
  func inOrder() throws {
    let quiet = try QuietWorld(.rough)
    let connection = try quiet.connect()
    quiet.port.lossPerMillion = 300_000
    quiet.port.splitMaximum = 0
    var sent: [UInt8] = []
    var received: [UInt8] = []
    for number in 0..<100 {
      let message = [UInt8](repeating: UInt8(number), count: 1 + number % 5)
      sent += message[..<quiet.write(message, connection)]
      quiet.world.advance(until: quiet.world.now + 40)
      received += quiet.read(connection.up)
    }
    #expect(received.count < sent.count)
    quiet.world.advance(until: quiet.world.now + 60_000)
    received += quiet.read(connection.up)
    #expect(received == sent)
  }

  @Test("a write takes what there is room for, and the writer hears of new room")
  func room() throws {
    let quiet = try QuietWorld()
    let connection = try quiet.connect()
    #expect(quiet.write([UInt8](repeating: 1, count: 10_000), connection) == connection.up.capacity)
    #expect(quiet.write([1], connection) == 0)
    #expect(connection.blockedSinceMilliseconds == quiet.world.now)
    quiet.world.advance(until: quiet.world.now + 1_000)
    #expect(quiet.read(connection.up).count == connection.up.capacity)
    quiet.world.network.serverHasRead(connection)
    #expect(connection.up.isWriterWaiting == false)
    #expect(quiet.write([1], connection) == 1)
    #expect(connection.blockedSinceMilliseconds == nil)
  }

  @Test("a cut lets so many bytes pass and no more, then both ends get RST, or neither", arguments: [0, 1, 5, 19, 20])
  func cut(count: Int) throws {
    for kind in [Pipe.Cut.silence, .reset] {
      let quiet = try QuietWorld()
      let connection = try quiet.connect()
      (connection.up.remainingCount, connection.up.cut) = (count, kind)
      for _ in 0..<4 { _ = quiet.write([1, 2, 3, 4, 5], connection) }
      quiet.world.advance(until: quiet.world.now + 10_000)
      #expect(quiet.read(connection.up).count == count)
      #expect(connection.isHarmed)
      #expect(connection.down.wasReset == (kind == .reset) && connection.up.wasReset == (kind == .reset))
    }
  }

  @Test("a severed connection swallows everything, and its buffer fills")
  func severed() throws {
    let quiet = try QuietWorld()
    let connection = try quiet.connect()
    connection.up.isSevered = true
    #expect(quiet.write([UInt8](repeating: 1, count: 10_000), connection) == connection.up.capacity)
    quiet.world.advance(until: quiet.world.now + 600_000)
    #expect(connection.up.arrivedCount == 0 && connection.up.freeCount == 0)
  }

  @Test("what is sent during an outage arrives after it, and FIN behind the bytes")
  func outage() throws {
    let quiet = try QuietWorld()
    let connection = try quiet.connect()
    quiet.port.outageCount = 1
    quiet.port.outageEndMilliseconds = quiet.world.now + 50_000
    _ = quiet.write([1, 2, 3], connection)
    quiet.world.network.closeByClient(connection)
    quiet.world.advance(until: quiet.world.now + 49_000)
    #expect(connection.up.arrivedCount == 0)
    quiet.port.outageCount = 0
    quiet.world.advance(until: quiet.world.now + 20_000)
    #expect(quiet.read(connection.up) == [1, 2, 3] && connection.up.hasFinished)
  }

  @Test("bytes for a node that has lost its power are answered with RST once it has power, and not before")
  func forgotten() throws {
    let quiet = try QuietWorld()
    let connection = try quiet.connect(keepingServer: true)
    quiet.world.network.forget(quiet.port)
    let bytes: [UInt8] = [1]
    _ = bytes.withUnsafeBufferPointer { quiet.world.network.writeByServer(connection, $0) }
    quiet.world.advance(until: quiet.world.now + 5_000)
    #expect(!connection.up.wasReset)
    quiet.world.nodes[0].powerOn()
    _ = bytes.withUnsafeBufferPointer { quiet.world.network.writeByServer(connection, $0) }
    quiet.world.advance(until: quiet.world.now + 5_000)
    #expect(connection.up.wasReset)
  }
}
