import Testing

@testable import Bytes

@Suite struct BulkCopyTests {
  @Test(arguments: 0..<200) func copiesExactlyWhatItIsTold(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let count = Int.random(in: 0...70, using: &random)
    let offset = Int.random(in: 0...count, using: &random)
    let source = random.bytes(Int.random(in: 0...count - offset, using: &random))
    var target = random.bytes(count)
    var expected = target
    expected.replaceSubrange(offset..<offset + source.count, with: source)
    var span = target.mutableSpan
    span.copyBytes(source.span, to: offset)
    #expect(target == expected)
  }

  @Test(arguments: 0..<300) func movesWithinASpanAlsoWhenThePlacesOverlap(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let count = Int.random(in: 0...40, using: &random)
    let start = Int.random(in: 0...count, using: &random)
    let end = Int.random(in: start...count, using: &random)
    let offset = Int.random(in: 0...count - (end - start), using: &random)
    var bytes = random.bytes(count)
    var expected = bytes
    expected.replaceSubrange(offset..<offset + end - start, with: bytes[start..<end])
    var span = bytes.mutableSpan
    span.moveBytes(start..<end, to: offset)
    #expect(bytes == expected)
  }

  @Test func copyingPastTheEndTraps() async {
    await #expect(processExitsWith: .failure) {
      let source: [UInt8] = [1, 2]
      var target: [UInt8] = [0, 0, 0]
      var span = target.mutableSpan
      span.copyBytes(source.span, to: 2)
    }
  }

  @Test func copyingBeforeTheStartTraps() async {
    await #expect(processExitsWith: .failure) {
      let source: [UInt8] = [1]
      var target: [UInt8] = [0, 0, 0]
      var span = target.mutableSpan
      span.copyBytes(source.span, to: -1)
    }
  }

  @Test func movingPastTheEndTraps() async {
    await #expect(processExitsWith: .failure) {
      var target: [UInt8] = [0, 0, 0]
      var span = target.mutableSpan
      span.moveBytes(0..<2, to: 2)
    }
  }

  @Test func movingFromOutsideTraps() async {
    await #expect(processExitsWith: .failure) {
      var target: [UInt8] = [0, 0, 0]
      var span = target.mutableSpan
      span.moveBytes(2..<4, to: 0)
    }
  }
}
