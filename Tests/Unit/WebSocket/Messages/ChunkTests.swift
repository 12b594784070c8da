import Testing

@testable import WebSocket

/// Messages larger than the memory, delivered in chunks.
@Suite struct ChunkTests {
  typealias Memory = InlineArray<10, UInt8>
  static let unlimited = OversizePolicy.stream(maximumBytes: .max)

  private func stream(_ pieces: [[UInt8]], _ policy: OversizePolicy = unlimited, as role: Role = .client) -> [Received]
  {
    receive(pieces, as: role, capacity: Memory.self, oversize: policy)
  }

  private func chunk(
    _ offset: UInt64, _ bytes: [UInt8], total: UInt64?, final: Bool = false, _ kind: MessageKind = .binary
  )
    -> Received
  {
    .chunk(MessageChunk(kind: kind, offset: offset, totalBytes: total, isFinal: final), bytes)
  }

  @Test("One frame above the capacity: chunks that fill the memory, the total known from the first, the last marked")
  func oneFrame() {
    let bytes = [UInt8](0..<25)
    let expected = [
      chunk(0, Array(bytes[0..<10]), total: 25), chunk(10, Array(bytes[10..<20]), total: 25),
      chunk(20, Array(bytes[20...]), total: 25, final: true),
    ]
    let wire = frame(2, bytes, key: 0x0102_0304)
    for split in everySplit(wire) + [byteByByte(wire)] { #expect(stream(split, as: .server) == expected) }
  }

  @Test("A message that fits is whole, also with streaming allowed")
  func fits() {
    for size in 0...10 {
      let bytes = [UInt8](repeating: 7, count: size)
      #expect(stream([frame(2, bytes)]) == [.message(.binary, bytes)])
      #expect(stream(byteByByte(frame(2, bytes))) == [.message(.binary, bytes)])
    }
  }

  @Test("Exact multiples of the capacity end with a full chunk, not an empty one")
  func exactMultiples() {
    for count in 2...4 {
      let bytes = (0..<(count * 10)).map { UInt8($0) }
      let events = stream([frame(2, bytes)])
      #expect(events.count == count)
      #expect(events.last == chunk(UInt64(count - 1) * 10, bytes.suffix(10), total: UInt64(count) * 10, final: true))
    }
  }

  @Test("Fragments: the total is unknown until the last one begins; control frames keep their place")
  func fragments() {
    let wire = frame(2, [UInt8](0..<15), fin: false) + frame(9, [42]) + frame(0, [UInt8](15..<25))
    let expected = [
      chunk(0, [UInt8](0..<10), total: nil), .ping([42]), chunk(10, [UInt8](10..<20), total: 25),
      chunk(20, [UInt8](20..<25), total: 25, final: true),
    ]
    for split in everySplit(wire) + [byteByByte(wire)] { #expect(stream(split) == expected) }
  }

  @Test("An empty last fragment ends a streamed message with what is left, if only nothing")
  func emptyLast() {
    let twelve = frame(2, [UInt8](0..<12), fin: false) + frame(0)
    #expect(
      stream([twelve])
        == [chunk(0, [UInt8](0..<10), total: nil), chunk(10, [10, 11], total: 12, final: true)])
    let twenty = frame(2, [UInt8](0..<20), fin: false) + frame(0)
    #expect(
      stream([twenty])
        == [chunk(0, [UInt8](0..<10), total: nil), chunk(10, [UInt8](10..<20), total: 20, final: true)])
  }

  @Test("Text is checked across chunks, and may be cut within a character")
  func text() {
    let bytes = Array("123456789€ and more °C".utf8)
    let events = stream([frame(1, bytes)])
    let joined = events.flatMap { event -> [UInt8] in
      if case .chunk(_, let part) = event { part } else { [] }
    }
    #expect(joined == bytes)
    #expect(events.first == chunk(0, Array(bytes[..<10]), total: UInt64(bytes.count), .text))
    let broken = bytes + [0xC3]
    #expect(stream(byteByByte(frame(1, broken))).last == .failure(.invalidUTF8(offset: UInt64(broken.count))))
  }

  @Test("The limit of streaming: the limit itself passes, one byte more is refused with 1009 at the header")
  func limit() {
    let policy = OversizePolicy.stream(maximumBytes: 30)
    #expect(stream([frame(2, [UInt8](0..<30))], policy).count == 3)
    #expect(stream([frame(2, length: 31)], policy) == [.failure(.messageTooBig(length: 31, limit: 30))])
    let late = frame(2, [UInt8](0..<15), fin: false) + frame(0, length: 16)
    #expect(stream([late], policy).last == .failure(.messageTooBig(length: 31, limit: 30)))
    #expect(
      stream([frame(2, length: UInt64(Int64.max))], policy)
        == [.failure(.messageTooBig(length: UInt64(Int64.max), limit: 30))])
    let small = OversizePolicy.stream(maximumBytes: 4)
    #expect(stream([frame(2, [1, 2, 3, 4])], small) == [.message(.binary, [1, 2, 3, 4])])
    #expect(stream([frame(2, length: 5)], small) == [.failure(.messageTooBig(length: 5, limit: 4))])
  }

  @Test("Messages behind each other do not inherit offsets")
  func consecutive() {
    let wire = frame(2, [UInt8](0..<12)) + frame(1, Array("hi".utf8)) + frame(2, [UInt8](0..<11)) + frame(2)
    for split in everySplit(wire) {
      #expect(
        stream(split) == [
          chunk(0, [UInt8](0..<10), total: 12), chunk(10, [10, 11], total: 12, final: true), .text("hi"),
          chunk(0, [UInt8](0..<10), total: 11), chunk(10, [10], total: 11, final: true), .message(.binary, []),
        ])
    }
  }

  @Test("Property: chunks joined are the message; offsets have no gaps; only the last is final")
  func joined() {
    var random = SeededRandom(seed: 10)
    for _ in 0..<200 {
      let payload = random.bytes(Int.random(in: 11...300, using: &random))
      var wire: [UInt8] = []
      var rest = payload[...]
      while !rest.isEmpty || wire.isEmpty {
        let part = Array(rest.prefix(Int.random(in: 0...60, using: &random)))
        rest = rest.dropFirst(part.count)
        wire += frame(wire.isEmpty ? 2 : 0, part, fin: rest.isEmpty, key: 0x5566_7788)
      }
      var bytes: [UInt8] = []
      var finals = 0
      for event in stream(randomSplit(wire, &random), as: .server) {
        guard case .chunk(let chunk, let part) = event else {
          Issue.record("\(event)")
          break
        }
        #expect(chunk.offset == UInt64(bytes.count) && finals == 0 && !(part.isEmpty && !chunk.isFinal))
        #expect(chunk.totalBytes == nil || chunk.totalBytes == UInt64(payload.count))
        bytes += part
        if chunk.isFinal { finals += 1 }
      }
      #expect(bytes == payload && finals == 1)
    }
  }
}
