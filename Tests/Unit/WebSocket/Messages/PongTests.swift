import Testing

@testable import WebSocket

/// A Ping is always answered, whatever the send buffer looks like (RFC 6455, sections 5.5.2 and 5.5.3).
@Suite struct PongTests {
  @Test("Each Ping is answered at once with its payload: masked by a client, plain by a server")
  func answers() {
    for size in [0, 1, 124, 125] {
      let payload = (0..<size).map { UInt8($0) }
      var client = Connection<8, 131>(role: .client, oversize: .refuse)
      #expect(receive([frame(9, payload)], &client, randomBits: 0xA0B0_C0D0) == [.ping(payload)])
      #expect(takeOutput(&client) == frame(10, payload, key: 0xA0B0_C0D0))
      var server = Connection<8, 127>(role: .server, oversize: .refuse)
      #expect(receive([frame(9, payload, key: 5)], &server) == [.ping(payload)])
      #expect(takeOutput(&server) == frame(10, payload))
    }
  }

  @Test("A Pong is never answered")
  func pong() {
    var connection = Connection<8, 64>(role: .client, oversize: .refuse)
    #expect(receive([frame(10, [1])], &connection) == [.pong([1])])
    #expect(takeOutput(&connection) == [])
  }

  @Test("With the buffer full a Pong waits, blocks what would overtake it, and goes first")
  func waits() {
    var connection = Connection<64, 20>(role: .client, oversize: .refuse)
    #expect(connection.trySend([UInt8](repeating: 1, count: 12), .binary, key: 1) == nil)
    #expect(receive([frame(9, [7])], &connection) == [.ping([7])])
    #expect(array(connection.output) == frame(2, [UInt8](repeating: 1, count: 12), key: 1))
    #expect(connection.trySend([], .binary, key: 2) == .wouldBlock(neededBytes: 13, freeBytes: 2))
    connection.consumeOutput(4, randomBits: 3)
    #expect(array(connection.output).count == 14)
    connection.consumeOutput(1, randomBits: 4)
    #expect(array(connection.output).suffix(7) == frame(10, [7], key: 4)[...])
    #expect(connection.supersededPings == 0)
    _ = takeOutput(&connection, randomBits: 5)
    #expect(connection.trySend([2], .binary, key: 6) == nil)
    #expect(takeOutput(&connection) == frame(2, [2], key: 6))
  }

  @Test("When several Pings wait the last one is answered, and the others are counted")
  func superseded() {
    var connection = Connection<64, 20>(role: .server, oversize: .refuse)
    #expect(connection.trySend([UInt8](repeating: 1, count: 18), .binary, key: 0) == nil)
    let pings = (0..<5).flatMap { frame(9, [UInt8](repeating: $0, count: 5), key: 1) }
    #expect(receive([pings], &connection).count == 5)
    #expect(connection.supersededPings == 4)
    let output = takeOutput(&connection)
    #expect(output.suffix(7) == frame(10, [4, 4, 4, 4, 4])[...])
    #expect(output.count == 27)
    #expect(receive([frame(9, [9], key: 1)], &connection) == [.ping([9])])
    #expect(connection.supersededPings == 4)
  }

  @Test("A waiting Pong goes before a Close that comes after it, whoever closes first")
  func pongBeforeClose() {
    for isPeerFirst in [true, false] {
      var connection = Connection<64, 20>(role: .client, oversize: .refuse)
      #expect(connection.trySend([UInt8](repeating: 1, count: 14), .binary, key: 1) == nil)
      _ = receive([frame(9, [7])], &connection)
      if isPeerFirst {
        #expect(receive([frame(8, closePayload(1001))], &connection) == [.close(1001, [])])
        #expect(connection.state == .closedByPeer)
      } else {
        connection.close(.goingAway, reason: Span(), randomBits: 2)
        #expect(connection.state == .closing)
      }
      let frames = wireFrames(takeOutput(&connection))
      #expect(frames?.map(\.opcode) == [2, 10, 8])
      #expect(frames?.last?.payload == closePayload(1001))
      #expect(connection.state == (isPeerFirst ? .closed : .closing))
    }
  }

  @Test("Bug: a Pong and a Close that waited together were masked with one key")
  func oneKeyPerFrame() {
    var connection = Connection<64, 64>(role: .client, oversize: .refuse)
    #expect(connection.trySend([UInt8](repeating: 1, count: 58), .binary, key: 1) == nil)
    _ = receive([frame(9, [7]) + frame(8, closePayload(1000))], &connection, randomBits: 2)
    connection.consumeOutput(64, randomBits: 3)
    #expect(array(connection.output) == frame(10, [7], key: 3))
    #expect(connection.state == .closedByPeer)
    connection.consumeOutput(7, randomBits: 4)
    #expect(array(connection.output) == frame(8, closePayload(1000), key: 4))
    #expect(connection.state == .closed)
  }

  @Test("Bug: a Ping whose Pong can never fit into the buffer stopped all sending for ever")
  func pongThatNeverFits() {
    var connection = Connection<64, 20>(role: .client, oversize: .refuse)
    let fits = [UInt8](repeating: 3, count: 14)
    #expect(receive([frame(9, fits)], &connection, randomBits: 1) == [.ping(fits)])
    #expect(takeOutput(&connection) == frame(10, fits, key: 1))
    let error = ProtocolError.messageTooBig(length: 15, limit: 14)
    #expect(receive([frame(9, fits + [3])], &connection, randomBits: 2) == [.failure(error)])
    #expect(takeOutput(&connection) == frame(8, closePayload(1009), key: 2))
  }

  @Test("Property: under any mix of sends, pings and partial writes the output is whole frames, and no Ping is lost")
  func neverLost() throws {
    var random = SeededRandom(seed: 11)
    for round in 0..<150 {
      let role = round % 2 == 0 ? Role.client : .server
      var connection = Connection<64, 140>(role: role, oversize: .refuse)
      var written: [UInt8] = []
      var sent: [[UInt8]] = []
      var pings: [[UInt8]] = []
      for _ in 0..<60 {
        switch Int.random(in: 0..<3, using: &random) {
        case 0:
          let payload = random.bytes(Int.random(in: 0...100, using: &random))
          if connection.trySend(payload, .binary, key: UInt32.random(in: 0...UInt32.max, using: &random)) == nil {
            sent.append(payload)
          }
        case 1:
          let payload = random.bytes(Int.random(in: 0...125, using: &random))
          let wire = frame(9, payload, key: role == .server ? 1 : nil)
          #expect(receive(randomSplit(wire, &random), &connection) == [.ping(payload)])
          pings.append(payload)
        default:
          let most = connection.output.count
          let count = Int.random(in: 0...most, using: &random)
          written += array(connection.output).prefix(count)
          connection.consumeOutput(count, randomBits: UInt32.random(in: 0...UInt32.max, using: &random))
        }
      }
      let frames = try #require(wireFrames(written + takeOutput(&connection)))
      #expect(frames.allSatisfy { ($0.key != nil) == (role == .client) && $0.fin })
      #expect(frames.filter { $0.opcode == 2 }.map(\.payload) == sent)
      let pongs = frames.filter { $0.opcode == 10 }.map(\.payload)
      #expect(pongs.count + Int(connection.supersededPings) == pings.count)
      #expect(pongs.last == pings.last)
      var rest = pings[...]
      for pong in pongs {
        let index = try #require(rest.firstIndex(of: pong))
        rest = rest[(index + 1)...]
      }
    }
  }
}
