import Testing

@testable import WebSocket

/// Both ways of masking - wide for processors with vectors, words for RV32 - against the definition of RFC 6455,
/// section 5.3, byte by byte.
@Suite struct MaskingTests {
  static let key: UInt32 = 0x1F2E_4D8B

  enum Path: CaseIterable {
    case chosen
    case wide
    case words
  }

  /// `transformed-octet-i = original-octet-i XOR masking-key-octet-(i MOD 4)`.
  static func reference(_ bytes: [UInt8], offset: Int, key: UInt32 = key) -> [UInt8] {
    let octets = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: key >> UInt32($0)) }
    return bytes.enumerated().map { $0.element ^ octets[($0.offset + offset) % 4] }
  }

  @Test("In place: every length to 200, every offset and alignment; the bytes around stay", arguments: Path.allCases)
  func inPlace(path: Path) {
    var random = SeededRandom(seed: 2)
    for length in 0...200 {
      let payload = random.bytes(length)
      for alignment in 0..<8 {
        for offset in 0..<4 {
          var memory = random.bytes(alignment) + payload + random.bytes(5)
          let before = memory
          var span = memory.mutableSpan
          var middle = span._mutatingExtracting(alignment..<(alignment + length))
          switch path {
          case .chosen: Masking.apply(Self.key, offset: offset, to: &middle)
          case .wide: Masking.applyWide(Self.key, offset: offset, to: &middle)
          case .words: Masking.applyWords(Self.key, offset: offset, to: &middle)
          }
          let expected =
            before[..<alignment] + Self.reference(payload, offset: offset) + before[(alignment + length)...]
          if memory != Array(expected) { Issue.record("length \(length), alignment \(alignment), offset \(offset)") }
        }
      }
    }
  }

  @Test(
    "Copying: every length to 200, every offset and both alignments; the bytes around stay", arguments: Path.allCases)
  func copying(path: Path) {
    var random = SeededRandom(seed: 3)
    for length in 0...200 {
      let source = random.bytes(length + 8)
      for alignments in 0..<16 {
        let (from, to) = (alignments / 4, alignments % 4)
        let offset = length % 4
        var memory = [UInt8](repeating: 0xEE, count: length + 12)
        var span = memory.mutableSpan
        var target = span._mutatingExtracting(to..<(length + 8))
        let payload = source.span.extracting(from..<(from + length))
        switch path {
        case .chosen: Masking.copy(payload, into: &target, maskingKey: Self.key, offset: offset)
        case .wide: Masking.copyWide(payload, into: &target, maskingKey: Self.key, offset: offset)
        case .words: Masking.copyWords(payload, into: &target, maskingKey: Self.key, offset: offset)
        }
        let expected =
          [UInt8](repeating: 0xEE, count: to)
          + Self.reference(Array(source[from..<(from + length)]), offset: offset)
          + [UInt8](repeating: 0xEE, count: 12 - to)
        if memory != expected { Issue.record("length \(length), from \(from), to \(to)") }
      }
    }
  }

  @Test(
    "Random keys, offsets beyond 4 and lengths to 5000; the same again gives the original", arguments: Path.allCases)
  func random(path: Path) {
    var random = SeededRandom(seed: 4)
    for _ in 0..<100 {
      let payload = random.bytes(Int.random(in: 0...5000, using: &random))
      let key = UInt32.random(in: 0...UInt32.max, using: &random)
      let offset = Int.random(in: 0...1_000_000, using: &random)
      var memory = payload
      for expected in [Self.reference(payload, offset: offset, key: key), payload] {
        var span = memory.mutableSpan
        switch path {
        case .chosen: Masking.apply(key, offset: offset, to: &span)
        case .wide: Masking.applyWide(key, offset: offset, to: &span)
        case .words: Masking.applyWords(key, offset: offset, to: &span)
        }
        #expect(memory == expected)
      }
    }
  }

  @Test("A source longer than the output is cut to it", arguments: Path.allCases)
  func shortOutput(path: Path) {
    var random = SeededRandom(seed: 5)
    let source = random.bytes(100)
    for size in [0, 1, 3, 4, 63, 64, 65, 99] {
      var memory = [UInt8](repeating: 0, count: size)
      var output = memory.mutableSpan
      switch path {
      case .chosen: Masking.copy(source.span, into: &output, maskingKey: Self.key, offset: 3)
      case .wide: Masking.copyWide(source.span, into: &output, maskingKey: Self.key, offset: 3)
      case .words: Masking.copyWords(source.span, into: &output, maskingKey: Self.key, offset: 3)
      }
      #expect(memory == Self.reference(Array(source[..<size]), offset: 3))
    }
  }

  @Test("A key of zero changes nothing")
  func zeroKey() {
    var random = SeededRandom(seed: 6)
    let payload = random.bytes(333)
    var memory = payload
    var span = memory.mutableSpan
    Masking.apply(0, offset: 1, to: &span)
    #expect(memory == payload)
  }
}
