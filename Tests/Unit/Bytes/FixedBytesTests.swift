import Testing

@testable import Bytes

@Suite struct FixedBytesTests {
  @Test func holdsACopyOfWhatFits() throws {
    for text in ["", "a", "12345678"] {
      let bytes = Array(text.utf8)
      let held = try FixedBytes<8>(bytes.span)
      let copy = held
      #expect(copy.count == bytes.count)
      #expect(Array(copy.bytes) == bytes)
    }
    let empty = FixedBytes<8>()
    #expect(Array(empty.bytes) == [])
  }

  @Test func refusesWhatDoesNotFit() {
    let bytes = [UInt8](repeating: 1, count: 9)
    #expect(throws: CapacityError(requiredBytes: 9, capacityBytes: 8)) { _ = try FixedBytes<8>(bytes.span) }
  }
}
