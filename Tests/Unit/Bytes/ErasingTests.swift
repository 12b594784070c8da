import Testing

@testable import Bytes

@Suite struct ErasingTests {
  @Test(arguments: [0, 1, 7, 64, 1000]) func overwritesAllOfTheSpanAndNothingElse(count: Int) {
    var bytes = [UInt8](repeating: 0xA5, count: count + 2)
    var span = bytes.mutableSpan
    var inner = span._mutatingExtracting(1..<count + 1)
    inner.erase()
    #expect(bytes == [0xA5] + [UInt8](repeating: 0, count: count) + [0xA5])
  }

  @Test func overwritesAllOfAStructure() {
    var words: (UInt64, UInt32) = (.max, .max)
    erase(&words)
    #expect(words == (0, 0))
  }
}
