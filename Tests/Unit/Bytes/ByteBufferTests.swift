import Testing

@testable import Bytes

/// Random operations on a buffer and on an array; after each, everything that can be seen has to be equal.
@Suite struct ByteBufferTests {
  private func run<let capacity: Int>(_ buffer: consuming ByteBuffer<capacity>, seed: UInt64, steps: Int) {
    var random = SeededGenerator(seed: seed)
    var model: [UInt8] = []
    for step in 0..<steps {
      let operation = Int.random(in: 0..<10, using: &random)
      switch operation {
      case 0..<4:
        let bytes = random.bytes(Int.random(in: 0...capacity + 2, using: &random))
        let isAppended = buffer.append(bytes.span)
        #expect(isAppended == (model.count + bytes.count <= capacity))
        if isAppended { model += bytes }
      case 4, 5:
        fill(&buffer, &model, &random)
      case 6..<9:
        let byteCount = Int.random(in: -1...capacity + 2, using: &random)
        buffer.consume(byteCount)
        model.removeFirst(max(0, min(byteCount, model.count)))
      default:
        if Int.random(in: 0..<8, using: &random) == 0 {
          buffer.clear()
          model = []
        } else if !model.isEmpty {
          let index = Int.random(in: 0..<model.count, using: &random)
          var bytes = buffer.mutableBytes
          bytes[index] ^= 0x5A
          model[index] ^= 0x5A
        }
      }
      let held = Array(buffer.bytes)
      let counts = [buffer.count, buffer.freeCapacity]
      let isEmpty = buffer.isEmpty
      #expect(held == model, "seed \(seed), step \(step), operation \(operation)")
      #expect(counts == [model.count, capacity - model.count], "seed \(seed), step \(step)")
      #expect(isEmpty == model.isEmpty)
    }
  }

  /// Writes some bytes into `space` and commits them, at times also more than there is room for.
  private func fill<let capacity: Int>(
    _ buffer: inout ByteBuffer<capacity>, _ model: inout [UInt8], _ random: inout SeededGenerator
  ) {
    let room = capacity - model.count
    let byteCount = Int.random(in: 0...room, using: &random)
    let bytes = random.bytes(room)
    var space = buffer.space
    let spaceCount = space.count
    for index in bytes.indices { space[index] = bytes[index] }
    #expect(spaceCount == room)
    let isTooMuch = Int.random(in: 0..<6, using: &random) == 0
    buffer.commit(isTooMuch ? room + byteCount : byteCount)
    model += isTooMuch ? bytes : Array(bytes[..<byteCount])
  }

  @Test(arguments: 0..<50) func behavesLikeAnArray(seed: UInt64) {
    run(ByteBuffer<1>(), seed: seed, steps: 100)
    run(ByteBuffer<7>(), seed: seed, steps: 400)
    run(ByteBuffer<64>(), seed: seed, steps: 400)
  }

  @Test func aBufferWithoutRoomTakesOnlyNothing() {
    var buffer = ByteBuffer<0>()
    let byte: [UInt8] = [1]
    let none: [UInt8] = []
    let results = [buffer.append(byte.span), buffer.append(none.span)]
    buffer.commit(1)
    buffer.consume(1)
    #expect(results == [false, true])
    let spaceCount = buffer.space.count
    #expect(spaceCount == 0)
    let isEmpty = buffer.isEmpty
    #expect(isEmpty)
  }

  @Test func negativeCountsDoNothing() {
    var buffer = ByteBuffer<4>()
    let bytes: [UInt8] = [1, 2, 3]
    let isAppended = buffer.append(bytes.span)
    buffer.commit(-1)
    buffer.consume(-1)
    buffer.commit(Int.min)
    buffer.consume(Int.min)
    #expect(isAppended)
    #expect(Array(buffer.bytes) == bytes)
  }

  @Test func whatIsLeftMovesToTheFrontOnlyWhenRoomIsNeeded() {
    var buffer = ByteBuffer<8>()
    let six: [UInt8] = [1, 2, 3, 4, 5, 6]
    let four: [UInt8] = [7, 8, 9, 10]
    let results = [buffer.append(six.span), buffer.append(four.span)]
    #expect(results == [true, false])
    buffer.consume(3)
    let isAppended = buffer.append(four.span)
    #expect(isAppended)
    #expect(Array(buffer.bytes) == [4, 5, 6, 7, 8, 9, 10])
  }
}
