import Testing

@testable import Mles

/// Whatever bytes come: an answer, never a trap, and an accepted text always keeps the header's rules.
@Suite struct JoinHeaderRobustnessTests {
  private static let seeds: [[UInt8]] = [
    [UInt8](#"{"uid":"alice","channel":"example","auth":"9b3b95527f7c2d80"}"#),
    [UInt8](#" {"x":[1,-2.5e3,{"k":[true,false,null]},"\u00e4\ud83d\ude00"],"channel":"b","auth":null,"uid":"a"} "#),
    Array(#"{"ä€😀":{"":[[],{}]},"uid":"\"\\\/\b\f\n\r\t","channel":"\u0000"}"#.utf8),
  ]
  private static let alphabet =
    [UInt8](#"{}[]",:\/u0123456789abcdefDE+-. trueflsniac"#) + [0, 9, 10, 31, 127, 128, 237, 244]

  private func check(_ text: [UInt8], _ random: inout SeededGenerator) {
    let capacity = Bool.random(using: &random) ? text.count : Int.random(in: 0...text.count, using: &random)
    do throws(JoinHeaderError) {
      let header = try ParsedHeader.parse(text, capacity: capacity)
      #expect(!header.uid.isEmpty && header.uid.allSatisfy { $0 < 0x80 })
      #expect(!header.channel.isEmpty && header.channel.allSatisfy { $0 < 0x80 })
      #expect(header.auth.map { String(validating: $0, as: UTF8.self) != nil } ?? true)
      #expect(String(validating: text, as: UTF8.self) != nil)
    } catch {
      guard case .unexpected(let offset, _, let got) = error else { return }
      #expect(offset >= 0 && offset <= text.count)
      #expect(got == (offset < text.count ? text[offset] : nil))
    }
  }

  @Test(arguments: 0..<4) func mutatedHeaders(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    for _ in 0..<10_000 {
      var text = Self.seeds[Int.random(in: 0..<Self.seeds.count, using: &random)]
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let index = Int.random(in: 0..<max(1, text.count), using: &random)
        let byte =
          Bool.random(using: &random)
          ? UInt8.random(in: 0...255, using: &random)
          : Self.alphabet[Int.random(in: 0..<Self.alphabet.count, using: &random)]
        switch Int.random(in: 0..<4, using: &random) {
        case 0: text.insert(byte, at: min(index, text.count))
        case 1 where index < text.count: text.remove(at: index)
        case 2: text = Array(text.prefix(index)) + text.dropFirst(Int.random(in: 0...text.count, using: &random))
        default: if index < text.count { text[index] = byte }
        }
      }
      check(text, &random)
    }
  }

  @Test func randomTextsOfTheAlphabetOfJSON() {
    var random = SeededGenerator(seed: 5)
    for _ in 0..<10_000 {
      let text = (0..<Int.random(in: 0...40, using: &random)).map { _ in
        Self.alphabet[Int.random(in: 0..<Self.alphabet.count, using: &random)]
      }
      check(text, &random)
      check([UInt8](#"{"x":"#) + text, &random)
    }
  }

  @Test func randomBytes() {
    var random = SeededGenerator(seed: 6)
    for _ in 0..<10_000 { check(random.bytes(Int.random(in: 0...40, using: &random)), &random) }
  }
}
