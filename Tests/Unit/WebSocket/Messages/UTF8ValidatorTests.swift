import Testing

@testable import WebSocket

/// Against a reference that shares nothing with the validator: the set of all prefixes of encodings of all scalars, made
/// by the arithmetic of RFC 3629, section 3.
@Suite struct UTF8ValidatorTests {
  /// Which prefixes, by length, can still become a character, and which are one.
  struct Reference {
    var prefixes: [Set<UInt32>] = [[], [], [], []]
    var whole: [Set<UInt32>] = [[], [], [], []]

    init() {
      for scalar: UInt32 in 0...0x10FFFF where !(0xD800...0xDFFF).contains(scalar) {
        let packed: UInt32
        let size: Int
        switch scalar {
        case ..<0x80: (packed, size) = (scalar, 1)
        case ..<0x800: (packed, size) = ((0xC0 | scalar >> 6) << 8 | (0x80 | scalar & 0x3F), 2)
        case ..<0x1_0000:
          let high = (0xE0 | scalar >> 12) << 16 | (0x80 | scalar >> 6 & 0x3F) << 8
          (packed, size) = (high | (0x80 | scalar & 0x3F), 3)
        default:
          // The last byte of four adds nothing: any continuation byte is right there.
          let high = (0xF0 | scalar >> 18) << 16 | (0x80 | scalar >> 12 & 0x3F) << 8
          (packed, size) = (high | (0x80 | scalar >> 6 & 0x3F), 4)
        }
        if size < 4 { whole[size].insert(packed) }
        let stored = min(size, 3)
        if size == 4, scalar & 0x3F != 0 { continue }
        for length in 1...stored { prefixes[length].insert(packed >> UInt32((stored - length) * 8)) }
      }
    }

    /// The index of the first byte with which `bytes` cannot be the start of any UTF-8 text.
    func firstInvalidIndex(_ bytes: [UInt8]) -> Int? {
      var packed: UInt32 = 0
      var length = 0
      for (index, byte) in bytes.enumerated() {
        if length == 3 {
          guard byte & 0xC0 == 0x80 else { return index }
          (packed, length) = (0, 0)
          continue
        }
        packed = packed << 8 | UInt32(byte)
        length += 1
        guard prefixes[length].contains(packed) else { return index }
        if whole[length].contains(packed) { (packed, length) = (0, 0) }
      }
      return nil
    }
  }

  static let reference = Reference()
  /// Both sides of every bound in Unicode, table 3-7.
  static let edges: [UInt8] = [
    0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xED, 0xEF, 0xF0, 0xF4, 0xF5, 0xFF,
  ]

  private func check(_ bytes: [UInt8]) {
    let expected = Self.reference.firstInvalidIndex(bytes)
    var validator = UTF8Validator()
    let got = validator.firstInvalidIndex(in: bytes.span)
    if got != expected {
      Issue.record("\(bytes): expected \(String(describing: expected)), got \(String(describing: got))")
    }
    guard got == nil else { return }
    let isWhole = String(validating: bytes, as: UTF8.self) != nil
    if validator.isComplete != isWhole { Issue.record("\(bytes): isComplete is \(validator.isComplete)") }
  }

  @Test("All sequences of one and two bytes")
  func oneAndTwoBytes() {
    check([])
    for first in UInt8.min...UInt8.max {
      check([first])
      for second in UInt8.min...UInt8.max { check([first, second]) }
    }
  }

  @Test("Three bytes: every lead, every second byte, the third at every bound")
  func threeBytes() {
    for first: UInt8 in 0xC0...0xFF {
      for second: UInt8 in 0x7E...0xC1 {
        for third in Self.edges { check([first, second, third]) }
      }
    }
  }

  @Test("Four bytes: every lead, every second byte, the third and fourth at every bound")
  func fourBytes() {
    for first: UInt8 in 0xEF...0xF6 {
      for second: UInt8 in 0x7E...0xC1 {
        for third: UInt8 in [0x7F, 0x80, 0xBF, 0xC0] {
          for fourth: UInt8 in [0x00, 0x7F, 0x80, 0xBF, 0xC0, 0xFF] { check([first, second, third, fourth, 0x41]) }
        }
      }
    }
  }

  /// As in section 6 of the Autobahn test suite, which took them from Markus Kuhn's UTF-8 stress test.
  @Test("Known good texts", arguments: ["Hello-µ@ßöäüàá-UTF-8!!", "κόσμε", "日本語 🌡️ 21.5 °C"])
  func goodTexts(text: String) { checkPadded(Array(text.utf8)) }

  @Test("The first and last character of each length, around the surrogates, and noncharacters are good")
  func goodScalars() throws {
    let scalars: [UInt32] = [
      0, 0x7F, 0x80, 0x7FF, 0x800, 0xFFFF, 0x10000, 0x10FFFF, 0xD7FF, 0xE000, 0xFFFD, 0xFFFE, 0x1FFFE, 0x1FFFF, 0xFDD0,
    ]
    for scalar in scalars {
      let bytes = Array(String(Character(try #require(Unicode.Scalar(scalar)))).utf8)
      var validator = UTF8Validator()
      #expect(validator.firstInvalidIndex(in: bytes.span) == nil && validator.isComplete)
      checkPadded(bytes)
    }
  }

  /// At every distance from the words in which ASCII is skipped.
  private func checkPadded(_ bytes: [UInt8]) {
    check(bytes)
    for padding in 0..<20 { check([UInt8](repeating: 0x61, count: padding) + bytes + Array("tail".utf8)) }
  }

  @Test(
    "Known bad texts fail at the byte that makes them bad",
    arguments: [
      ([0xCE, 0xBA, 0xE1, 0xBD, 0xB9, 0xCF, 0x83, 0xCE, 0xBC, 0xCE, 0xB5, 0xED, 0xA0, 0x80, 0x65], 12),  // surrogate
      ([0xF4, 0x90, 0x80, 0x80], 1), ([0xF8, 0x88, 0x80, 0x80, 0x80], 0), ([0xFC, 0x84, 0x80, 0x80, 0x80, 0x80], 0),
      ([0xC0, 0xAF], 0), ([0xE0, 0x80, 0xAF], 1), ([0xF0, 0x80, 0x80, 0xAF], 1), ([0xC1, 0xBF], 0),
      ([0xE0, 0x9F, 0xBF], 1), ([0xF0, 0x8F, 0xBF, 0xBF], 1), ([0xFE], 0), ([0xFF], 0), ([0x80], 0), ([0xBF], 0),
      ([0xED, 0xAD, 0xBF, 0xED, 0xB0, 0x80], 1), ([0xED, 0xBF, 0xBF], 1), ([0xC3, 0x20], 1), ([0xE2, 0x82, 0x20], 2),
      ([0xF0, 0x9F, 0x8C, 0x20], 3), ([0x61, 0xC3, 0xC3], 2),
    ] as [([UInt8], Int)])
  func badTexts(bytes: [UInt8], index: Int) {
    check(bytes)
    for padding in 0..<20 {
      var validator = UTF8Validator()
      let padded = [UInt8](repeating: 0x61, count: padding) + bytes
      #expect(validator.firstInvalidIndex(in: padded.span) == padding + index)
    }
  }

  @Test("Property: any split of random near-texts gives the same first bad byte")
  func anySplit() {
    var random = SeededRandom(seed: 7)
    let samples = ["a", "é", "€", "🌡", "\u{800}", "\u{10FFFF}", "0123456789abcdef"].map { Array($0.utf8) }
    for _ in 0..<3_000 {
      var bytes = (0..<Int.random(in: 0...12, using: &random)).flatMap { _ in
        samples[Int.random(in: 0..<samples.count, using: &random)]
      }
      if !bytes.isEmpty, Bool.random(using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] =
          Self.edges[
            Int.random(in: 0..<Self.edges.count, using: &random)]
      }
      let expected = Self.reference.firstInvalidIndex(bytes)
      var validator = UTF8Validator()
      var got: Int?
      var start = 0
      for piece in randomSplit(bytes, &random) {
        if let index = validator.firstInvalidIndex(in: piece.span) {
          got = start + index
          break
        }
        start += piece.count
      }
      if got != expected { Issue.record("\(bytes)") }
      if got == nil { #expect(validator.isComplete == (String(validating: bytes, as: UTF8.self) != nil)) }
    }
  }
}
