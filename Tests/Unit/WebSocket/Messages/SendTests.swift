import Bytes
import Testing

@testable import WebSocket

@Suite struct SendTests {
  @Test("A whole message is one frame: masked with the given key by a client, unmasked by a server")
  func wholeMessages() throws {
    for (kind, opcode) in [(.text, 1), (.binary, 2)] as [(MessageKind, UInt8)] {
      for payload in [[], [0x41], [UInt8](repeating: 0x42, count: 126)] as [[UInt8]] {
        var client = Connection<16, 256>(role: .client, oversize: .refuse)
        try client.send(payload.span, kind: kind, randomBits: 0xCAFE_0001)
        #expect(takeOutput(&client) == frame(opcode, payload, key: 0xCAFE_0001))
        var server = Connection<16, 256>(role: .server, oversize: .refuse)
        try server.send(payload.span, kind: kind, randomBits: 0xCAFE_0001)
        #expect(takeOutput(&server) == frame(opcode, payload))
      }
    }
  }

  @Test("Fragments carry the opcode once, FIN last, and let pings and pongs in between")
  func fragments() throws {
    var connection = Connection<64, 256>(role: .client, oversize: .refuse)
    try connection.sendFragment([1].span, kind: .binary, isFinal: false, randomBits: 1)
    try connection.sendPing([7].span, randomBits: 2)
    #expect(receive([frame(9, [8])], &connection, randomBits: 3) == [.ping([8])])
    try connection.sendFragment(Span(), kind: .binary, isFinal: false, randomBits: 4)
    try connection.sendFragment([2].span, kind: .binary, isFinal: true, randomBits: 5)
    try connection.send([3].span, kind: .text, randomBits: 6)
    #expect(
      wireFrames(takeOutput(&connection)) == [
        WireFrame(fin: false, opcode: 2, key: 1, payload: [1]), WireFrame(fin: true, opcode: 9, key: 2, payload: [7]),
        WireFrame(fin: true, opcode: 10, key: 3, payload: [8]), WireFrame(fin: false, opcode: 0, key: 4, payload: []),
        WireFrame(fin: true, opcode: 0, key: 5, payload: [2]), WireFrame(fin: true, opcode: 1, key: 6, payload: [3]),
      ])
  }

  @Test("A message cannot start inside an unfinished one; the connection goes on after the error")
  func unfinished() throws {
    var connection = Connection<64, 64>(role: .server, oversize: .refuse)
    try connection.sendFragment([1].span, kind: .text, isFinal: false, randomBits: 0)
    let error = Connection<64, 64>.SendError.unfinishedMessage(.text)
    #expect(connection.trySend([1], .text, key: 0) == error)
    #expect(connection.tryFragment([1], .binary, isFinal: true, key: 0) == error)
    try connection.sendFragment([2].span, kind: .text, isFinal: true, randomBits: 0)
    try connection.send([3].span, kind: .binary, randomBits: 0)
    #expect(takeOutput(&connection) == frame(1, [1], fin: false) + frame(0, [2]) + frame(2, [3]))
  }

  @Test("A fragment that did not fit was not sent: the next one still starts the message")
  func blockedFragment() throws {
    var connection = Connection<64, 20>(role: .server, oversize: .refuse)
    try connection.send([UInt8](repeating: 1, count: 15).span, kind: .binary, randomBits: 0)
    let error = connection.tryFragment([1, 2], .text, isFinal: false, key: 0)
    #expect(error == .wouldBlock(neededBytes: 4, freeBytes: 3))
    _ = takeOutput(&connection)
    try connection.send([9].span, kind: .binary, randomBits: 0)
    try connection.sendFragment([5].span, kind: .text, isFinal: false, randomBits: 0)
    #expect(takeOutput(&connection) == frame(2, [9]) + frame(1, [5], fin: false))
  }

  @Test("Bug: wouldBlock named the payload, not the frame, and asked for less than there was room")
  func neededBytesCountTheHeader() throws {
    var connection = Connection<64, 20>(role: .client, oversize: .refuse)
    try connection.send([1, 2, 3, 4].span, kind: .binary, randomBits: 0)
    let error = connection.trySend([1, 2, 3, 4, 5], .binary, key: 0)
    #expect(error == .wouldBlock(neededBytes: 11, freeBytes: 10))
  }

  @Test("What does not fit now fits once the output is written, also in parts")
  func partialWrites() throws {
    var connection = Connection<64, 32>(role: .client, oversize: .refuse)
    var written: [UInt8] = []
    var expected: [UInt8] = []
    for round in 0..<200 {
      let payload = [UInt8](repeating: UInt8(round), count: round % 26)
      while connection.trySend(payload, .binary, key: UInt32(round)) != nil {
        let count = min(connection.output.count, 1 + round % 7)
        written += array(connection.output).prefix(count)
        connection.consumeOutput(count, randomBits: 0)
      }
      expected += frame(2, payload, key: UInt32(round))
    }
    #expect(written + takeOutput(&connection) == expected)
  }

  @Test("Nothing is sent after a Close, and the state says so")
  func afterClose() {
    var connection = Connection<64, 64>(role: .client, oversize: .refuse)
    connection.close(.normal, reason: Span(), randomBits: 0)
    #expect(connection.trySend([1], .text, key: 0) == .notOpen)
    #expect(connection.tryFragment([1], .text, isFinal: true, key: 0) == .notOpen)
    #expect(connection.tryPing([1], key: 0) == .notOpen)
    #expect(connection.state == .closing)
  }

  @Test("Bug: a Ping above 125 bytes was cut without a word")
  func longPing() throws {
    var connection = Connection<64, 256>(role: .client, oversize: .refuse)
    let long = [UInt8](repeating: 1, count: 126)
    #expect(
      connection.tryPing(long, key: 0)
        == .tooLarge(CapacityError(requiredBytes: 126, capacityBytes: 125)))
    #expect(takeOutput(&connection) == [])
    try connection.sendPing(long.span.extracting(first: 125), randomBits: 5)
    #expect(takeOutput(&connection) == frame(9, Array(long.dropLast()), key: 5))
  }

  @Test("The handshake's bytes go before the first frame, and too many of them are an error that changes nothing")
  func handshakeBytes() throws {
    var connection = Connection<64, 16>(role: .client, oversize: .refuse)
    var writer = ByteWriter(connection.handshakeSpace)
    writer.append("GET / HTTP/1.1\r\n\r")
    #expect(writer.requiredCount == 17 && writer.capacity == 16 && writer.hasOverflowed)
    #expect(takeOutput(&connection) == [])
    var second = ByteWriter(connection.handshakeSpace)
    second.append("GET /\r\n")
    let count = try second.finish()
    connection.commitHandshake(count)
    try connection.send([1].span, kind: .binary, randomBits: 2)
    #expect(takeOutput(&connection) == Array("GET /\r\n".utf8) + frame(2, [1], key: 2))
  }
}
