import Testing
import WebSocket

/// Messages received whole: fragmentation, control frames in between, sizes at and around the capacity.
@Suite struct MessageTests {
  @Test("Text and binary messages of every size around the length forms arrive whole, at both ends")
  func sizes() {
    for size in [0, 1, 2, 124, 125, 126, 127, 128, 1000, 1023, 1024] {
      let payload = (0..<size).map { UInt8($0 % 128) }
      for (opcode, kind) in [(1, .text), (2, .binary)] as [(UInt8, MessageKind)] {
        #expect(receive(frame(opcode, payload), as: .client) == [.message(kind, payload)])
        #expect(receive(frame(opcode, payload, key: 0x0A0B_0C0D), as: .server) == [.message(kind, payload)])
      }
    }
  }

  @Test("Fragments are joined, control frames between them come out in their place, in any split")
  func fragments() {
    let stream =
      frame(1, Array("21.".utf8), fin: false) + frame(9, [1, 2]) + frame(0, Array("5 °".utf8), fin: false)
      + frame(10, []) + frame(0, fin: false) + frame(9) + frame(0, Array("C".utf8)) + frame(2, [9])
    let expected: [Received] = [.ping([1, 2]), .pong([]), .ping([]), .text("21.5 °C"), .message(.binary, [9])]
    for split in everySplit(stream) + [byteByByte(stream)] {
      #expect(receive(split, as: .client) == expected)
    }
  }

  @Test("A character may be cut between fragments at every byte")
  func cutCharacters() {
    let bytes = Array("a°€🌡z".utf8)
    for cut in 0...bytes.count {
      let stream =
        frame(1, Array(bytes[..<cut]), fin: false, key: 77) + frame(9, [0xFF], key: 78)
        + frame(0, Array(bytes[cut...]), key: 79)
      #expect(receive(stream, as: .server) == [.ping([0xFF]), .message(.text, bytes)])
    }
  }

  @Test("Empty frames everywhere: an empty message, empty fragments, empty control frames")
  func emptyFrames() {
    #expect(receive(frame(1), as: .client) == [.message(.text, [])])
    #expect(receive(frame(2, key: 3), as: .server) == [.message(.binary, [])])
    let empty = frame(2, fin: false) + frame(0, fin: false) + frame(0)
    #expect(receive(empty + empty, as: .client) == [.message(.binary, []), .message(.binary, [])])
    let around = frame(1, fin: false) + frame(0, [0x41], fin: false) + frame(0, fin: false) + frame(0)
    for split in everySplit(around) { #expect(receive(split, as: .client) == [.text("A")]) }
  }

  @Test("The rules of fragmentation")
  func fragmentationErrors() {
    #expect(receive(frame(0, [1]), as: .client) == [.failure(.unexpectedContinuation)])
    #expect(
      receive(frame(2, [1]) + frame(0, [1]), as: .client)
        == [.message(.binary, [1]), .failure(.unexpectedContinuation)])
    for opcode: UInt8 in [1, 2] {
      for first: UInt8 in [1, 2] {
        #expect(
          receive(frame(first, [0x41], fin: false) + frame(opcode, [0x41]), as: .client)
            == [.failure(.expectedContinuation(got: opcode == 1 ? .text : .binary))])
      }
    }
    // A control frame does not end the message around it.
    #expect(
      receive(frame(1, fin: false) + frame(9) + frame(1), as: .client)
        == [.ping([]), .failure(.expectedContinuation(got: .text))])
  }

  @Test("Control frames: up to 125 bytes, of any content, never fragmented")
  func controlFrames() {
    for size in [0, 1, 2, 124, 125] {
      let payload = (0..<size).map { UInt8(255 - $0) }
      #expect(receive(frame(9, payload), as: .client) == [.ping(payload)])
      #expect(receive(byteByByte(frame(10, payload, key: 0xFFFF_0000)), as: .server) == [.pong(payload)])
    }
    for (opcode, kind) in [(8, .close), (9, .ping), (10, .pong)] as [(UInt8, Opcode)] {
      let long = [UInt8](repeating: 0x41, count: 126)
      #expect(receive(frame(opcode, long), as: .client) == [.failure(.controlFrameTooLong(kind))])
      #expect(receive(frame(opcode, [], fin: false), as: .client) == [.failure(.fragmentedControlFrame(kind))])
    }
  }

  @Test("A message of exactly the capacity is whole; one byte more is refused with 1009 before its payload comes")
  func capacity() {
    typealias Memory = InlineArray<200, UInt8>
    let full = [UInt8](repeating: 0x61, count: 200)
    #expect(receive([frame(1, full)], as: .client, capacity: Memory.self) == [.message(.text, full)])
    for cut in 0...200 {
      let stream = frame(1, Array(full[..<cut]), fin: false) + frame(0, Array(full[cut...]))
      #expect(receive([stream], as: .client, capacity: Memory.self) == [.message(.text, full)])
    }
    let tooLong = ProtocolError.messageTooBig(length: 201, limit: 200)
    #expect(receive([Array(frame(2, length: 201))], as: .client, capacity: Memory.self) == [.failure(tooLong)])
    let fragmented = frame(2, full, fin: false) + frame(0, length: 1)
    #expect(receive([fragmented], as: .client, capacity: Memory.self) == [.failure(tooLong)])
    let huge = ProtocolError.messageTooBig(length: 200 + UInt64(Int64.max), limit: 200)
    let announced = frame(2, full, fin: false) + frame(0, length: UInt64(Int64.max))
    #expect(receive([announced], as: .client, capacity: Memory.self) == [.failure(huge)])
  }

  @Test("An empty last fragment behind a message that fills the memory ends it")
  func fullThenEmpty() {
    typealias Memory = InlineArray<4, UInt8>
    let stream = frame(2, [1, 2, 3, 4], fin: false) + frame(0, fin: false) + frame(9) + frame(0)
    for split in everySplit(stream) {
      #expect(receive(split, as: .client, capacity: Memory.self) == [.ping([]), .message(.binary, [1, 2, 3, 4])])
    }
  }

  @Test("Property: random conversations come out as they went in, at both ends and in any split")
  func conversations() {
    var random = SeededRandom(seed: 9)
    for round in 0..<200 {
      let role = round % 2 == 0 ? Role.server : .client
      var stream: [UInt8] = []
      var expected: [Received] = []
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let payload = random.bytes([0, 1, 3, 125, 126, 700][Int.random(in: 0..<6, using: &random)])
        var rest = payload[...]
        var opcode: UInt8 = 2
        repeat {
          if Int.random(in: 0...2, using: &random) == 0 {
            let ping = random.bytes(Int.random(in: 0...125, using: &random))
            stream += frame(9, ping, key: key(role, &random))
            expected.append(.ping(ping))
          }
          let part = Array(rest.prefix(Int.random(in: 0...400, using: &random)))
          rest = rest.dropFirst(part.count)
          stream += frame(opcode, part, fin: rest.isEmpty, key: key(role, &random))
          opcode = 0
        } while !rest.isEmpty
        expected.append(.message(.binary, payload))
      }
      #expect(receive([stream], as: role) == expected)
      #expect(receive(randomSplit(stream, &random), as: role) == expected)
    }
  }

  private func key(_ receiver: Role, _ random: inout SeededRandom) -> UInt32? {
    receiver == .server ? UInt32.random(in: 0...UInt32.max, using: &random) : nil
  }
}
