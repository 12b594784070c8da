import Testing

@testable import Bytes

/// What `write` writes into `capacity` bytes, and what it would have needed.
private func written(
  capacity: Int = 64, _ write: (inout ByteWriter) -> Void
) -> (text: String, requiredCount: Int, error: CapacityError?) {
  var output = [UInt8](repeating: 0x2E, count: capacity + 4)
  var requiredCount = 0
  var failure: CapacityError?
  do throws(CapacityError) {
    var writer = ByteWriter(output.mutableSpan._consumingExtracting(0..<capacity))
    write(&writer)
    requiredCount = writer.requiredCount
    _ = try writer.finish()
  } catch {
    failure = error
  }
  // Nothing is written behind the end.
  #expect(output[capacity...].allSatisfy { $0 == 0x2E })
  return (String(decoding: output[..<min(requiredCount, capacity)], as: UTF8.self), requiredCount, failure)
}

@Suite struct ByteWriterTests {
  @Test func piecesComeOneBehindTheOther() {
    let bytes: [UInt8] = [0x62, 0x63]
    let result = written { writer in
      writer.append(0x61)
      writer.append(bytes.span)
      writer.append("dé")
      writer.append("")
      writer.append("x")
    }
    #expect(result.text == "abcdéx")
    #expect(result.requiredCount == 7)
    #expect(result.error == nil)
  }

  @Test func whatDoesNotFitIsCountedAndReported() {
    let bytes = [UInt8]("defg".utf8)
    for capacity in 0..<10 {
      let result = written(capacity: capacity) { writer in
        writer.append("abc")
        writer.append(bytes.span)
        writer.append(0x68)
        writer.append("ij")
      }
      #expect(result.text == String("abcdefghij".prefix(capacity)))
      #expect(result.error == CapacityError(requiredBytes: 10, capacityBytes: capacity))
    }
  }

  @Test(arguments: [0, 1, 9, 10, 99, 100, 4_294_967_295, 4_294_967_296, UInt64.max - 1, UInt64.max])
  func decimals(value: UInt64) {
    #expect(written { $0.append(decimal: value) }.text == "\(value)")
    for minimumDigits in [Int.min, -1, 0, 1, 5, 20, 21, Int.max] {
      let digits = "\(value)"
      let padding = String(repeating: "0", count: max(0, max(0, min(minimumDigits, 20)) - digits.count))
      #expect(written { $0.append(decimal: value, minimumDigits: minimumDigits) }.text == padding + digits)
    }
  }

  @Test(arguments: [0, 7, -7, 1000, -1000, Int.max, Int.min])
  func signedDecimals(value: Int) {
    #expect(written { $0.append(decimal: value) }.text == "\(value)")
  }

  @Test func decimalsOfRandomNumbers() {
    var random = SeededGenerator(seed: 1)
    for _ in 0..<500 {
      let value = random.next() >> UInt64.random(in: 0..<64, using: &random)
      #expect(written { $0.append(decimal: value) }.text == "\(value)")
    }
  }

  @Test(
    arguments: [
      (2150, 2, "21.50"), (-5, 2, "-0.05"), (5, 0, "5"), (-5, 0, "-5"), (0, 3, "0.000"), (-100, 2, "-1.00"),
      (Int32.max, 9, "2.147483647"), (Int32.min, 9, "-2.147483648"), (Int32.min, 0, "-2147483648"),
      (12, 10, "0.000000012"), (12, Int.max, "0.000000012"), (12, -1, "12"), (12, Int.min, "12"),
    ] as [(Int32, Int, String)])
  func fixedPointNumbers(value: Int32, fractionDigits: Int, expected: String) {
    #expect(written { $0.append(fixedPoint: value, fractionDigits: fractionDigits) }.text == expected)
  }

  @Test(
    arguments: [
      (0, 16, "0000000000000000"), (0x0082_200c_b33a_6cc6, 16, "0082200cb33a6cc6"), (0xABCD_EF01, 8, "abcdef01"),
      (0x1234, 2, "34"), (0x1234, 0, ""), (0x1234, -3, ""), (UInt64.max, 99, "ffffffffffffffff"),
    ] as [(UInt64, Int, String)])
  func hexadecimalNumbers(value: UInt64, digits: Int, expected: String) {
    #expect(written { $0.append(hexadecimal: value, digits: digits) }.text == expected)
  }

  @Test func randomPiecesGiveTheirConcatenationCutAtTheCapacity() {
    var random = SeededGenerator(seed: 2)
    for _ in 0..<300 {
      let capacity = Int.random(in: 0...60, using: &random)
      let pieces = (0..<Int.random(in: 0...6, using: &random)).map { _ in
        (0..<Int.random(in: 0...20, using: &random)).map { _ in UInt8.random(in: 0x20...0x7E, using: &random) }
      }
      let result = written(capacity: capacity) { writer in
        for piece in pieces {
          if piece.count == 1 { writer.append(piece[0]) } else { writer.append(piece.span) }
        }
      }
      let whole = pieces.flatMap { $0 }
      #expect(result.text == String(decoding: whole.prefix(capacity), as: UTF8.self))
      #expect(result.requiredCount == whole.count)
      #expect((result.error == nil) == (whole.count <= capacity))
    }
  }
}
