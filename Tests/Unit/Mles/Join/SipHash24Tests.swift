import Testing

@testable import Mles

@Suite struct SipHash24Tests {
  // The reference key 00 01 … 0f as two little-endian words.
  let key0: UInt64 = 0x0706_0504_0302_0100
  let key1: UInt64 = 0x0f0e_0d0c_0b0a_0908

  @Test func matchesAllReferenceVectors() {
    #expect(sipHashReferenceVectors.count == 64)
    for (count, expected) in sipHashReferenceVectors.enumerated() {
      let message = (0..<count).map { UInt8($0) }
      let hash = SipHash24.hash(message.span, key0: key0, key1: key1)
      #expect(hash == expected, "message of \(count) bytes")
    }
  }

  @Test func matchesTheReferenceClientsPayloadHash() {
    // Computed by the Mles reference client over a decrypted message, zero key.
    let hash = SipHash24.hash([UInt8]("2026-01-02T03:04:05Z alice: Hello Bob!").span)
    #expect(hash == 0x5725_1299_3abe_2b79)
  }

  @Test func everySplitInTwoGivesTheSameHash() {
    let message = (0..<63).map { UInt8($0) }
    for split in 0...message.count {
      var hash = SipHash24(key0: key0, key1: key1)
      hash.update(message.span.extracting(0..<split))
      hash.update(message.span.extracting(split..<message.count))
      let result = hash.finalize()
      #expect(result == sipHashReferenceVectors[63], "split at \(split)")
    }
  }

  @Test func anySplitGivesTheSameHashAsByteByByte() {
    var random = SeededGenerator(seed: 1)
    for round in 0..<300 {
      let message = random.bytes(Int.random(in: 0...600, using: &random))
      var pieces = SipHash24(key0: 1, key1: 2)
      var bytes = SipHash24(key0: 1, key1: 2)
      var start = 0
      while start < message.count {
        let end = min(message.count, start + Int.random(in: 0...20, using: &random))
        pieces.update(message.span.extracting(start..<end))
        start = end
      }
      for byte in message { bytes.update(byte) }
      let whole = SipHash24.hash(message.span, key0: 1, key1: 2)
      let (hashOfPieces, hashOfBytes) = (pieces.finalize(), bytes.finalize())
      #expect(hashOfPieces == whole, "round \(round)")
      #expect(hashOfBytes == whole, "round \(round)")
    }
  }
}
