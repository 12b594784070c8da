import Bytes
import Testing

@testable import Mles

/// Texts that are no join header, each with the error that names the first wrong byte and what was expected there.
@Suite struct JoinHeaderRefuseTests {
  typealias Refusal = (text: String, error: JoinHeaderError)

  private func expect(_ refusals: [Refusal]) {
    for refusal in refusals {
      #expect(ParsedHeader.error(Array(refusal.text.utf8)) == refusal.error, "\(refusal.text)")
    }
  }

  private static func wrong(_ offset: Int, _ expected: JoinHeaderError.Expectation, _ got: Character?)
    -> JoinHeaderError
  {
    .unexpected(offset: offset, expected: expected, got: got?.asciiValue)
  }

  @Test func whatIsNoObject() {
    expect([
      ("", Self.wrong(0, .object, nil)),
      ("  ", Self.wrong(2, .object, nil)),
      ("hello", Self.wrong(0, .object, "h")),
      ("null", Self.wrong(0, .object, "n")),
      (#"["a","b"]"#, Self.wrong(0, .object, "[")),
      (#""uid""#, Self.wrong(0, .object, "\"")),
      ("\u{FEFF}{}", .unexpected(offset: 0, expected: .object, got: 0xEF)),
    ])
  }

  @Test func fieldsThatAreNotThere() {
    expect([
      ("{}", .missing(.uid)),
      ("{ }", .missing(.uid)),
      (#"{"channel":"b"}"#, .missing(.uid)),
      (#"{"uid":"a"}"#, .missing(.channel)),
      (#"{"UID":"a","channel":"b"}"#, .missing(.uid)),
      (#"{"uid ":"a","channel":"b"}"#, .missing(.uid)),
    ])
  }

  @Test func fieldsThatComeTwice() {
    expect([
      (#"{"uid":"a","uid":"a","channel":"b"}"#, .duplicate(.uid, offset: 11)),
      (#"{"uid":"a","channel":"b","channel":"c"}"#, .duplicate(.channel, offset: 25)),
      (#"{"uid":"a","channel":"b","auth":null,"auth":null}"#, .duplicate(.auth, offset: 37)),
      (#"{"auth":"x","uid":"a","channel":"b", "auth":null}"#, .duplicate(.auth, offset: 37)),
      (#"{"uid":"a","\u0075id":"b","channel":"b"}"#, .duplicate(.uid, offset: 11)),
    ])
  }

  @Test func valuesOfTheWrongKind() {
    expect([
      (#"{"uid":1,"channel":"b"}"#, Self.wrong(7, .string, "1")),
      (#"{"uid":null,"channel":"b"}"#, Self.wrong(7, .string, "n")),
      (#"{"uid":"a","channel":["b"]}"#, Self.wrong(21, .string, "[")),
      (#"{"uid":"a","channel":"b","auth":7}"#, Self.wrong(32, .stringOrNull, "7")),
      (#"{"uid":"a","channel":"b","auth":false}"#, Self.wrong(32, .stringOrNull, "f")),
      (#"{"uid":"a","channel":"b","auth":nil}"#, Self.wrong(33, .literal, "i")),
    ])
  }

  @Test func emptyNamesAndNamesThatAreNotASCII() {
    expect([
      (#"{"uid":"","channel":"b"}"#, .empty(.uid, offset: 8)),
      (#"{"uid":"a","channel":""}"#, .empty(.channel, offset: 22)),
      (#"{"uid":"xä","channel":"b"}"#, .notASCII(.uid, offset: 9)),
      (#"{"uid":"a","channel":"\u00e4"}"#, .notASCII(.channel, offset: 22)),
      (#"{"uid":"\u0080","channel":"b"}"#, .notASCII(.uid, offset: 8)),
      (#"{"uid":"\ud83d\ude00","channel":"b"}"#, .notASCII(.uid, offset: 8)),
    ])
  }

  @Test func bytesBehindTheObject() {
    expect([
      (#"{"uid":"a","channel":"b"}x"#, Self.wrong(25, .end, "x")),
      (#"{"uid":"a","channel":"b"} {}"#, Self.wrong(26, .end, "{")),
      (#"{"uid":"a","channel":"b"}}"#, Self.wrong(25, .end, "}")),
      (#"{"uid":"a","channel":"b"},"#, Self.wrong(25, .end, ",")),
      ("{\"uid\":\"a\",\"channel\":\"b\"}\u{0}", .unexpected(offset: 25, expected: .end, got: 0)),
      ("{\"uid\":\"a\",\"channel\":\"b\"}\u{0B}", .unexpected(offset: 25, expected: .end, got: 0x0B)),
    ])
  }

  @Test func punctuation() {
    expect([
      (#"{"uid":"a","channel":"b",}"#, Self.wrong(25, .fieldName, "}")),
      (#"{,"uid":"a","channel":"b"}"#, Self.wrong(1, .fieldName, ",")),
      (#"{"uid":"a",,"channel":"b"}"#, Self.wrong(11, .fieldName, ",")),
      (#"{"uid":"a" "channel":"b"}"#, Self.wrong(11, .commaOrObjectEnd, "\"")),
      (#"{"uid":"a","channel":"b"]"#, Self.wrong(24, .commaOrObjectEnd, "]")),
      (#"{"uid" "a","channel":"b"}"#, Self.wrong(7, .colon, "\"")),
      (#"{"uid"="a","channel":"b"}"#, Self.wrong(6, .colon, "=")),
      (#"{uid:"a","channel":"b"}"#, Self.wrong(1, .fieldName, "u")),
      (#"{'uid':"a"}"#, Self.wrong(1, .fieldName, "'")),
      (#"{1:"a"}"#, Self.wrong(1, .fieldName, "1")),
      (#"{"uid":'a'}"#, Self.wrong(7, .string, "'")),
      (#"{/**/"uid":"a"}"#, Self.wrong(1, .fieldName, "/")),
      (#"{"x":[1,],"uid":"a"}"#, Self.wrong(8, .value, "]")),
      (#"{"x":[,1]}"#, Self.wrong(6, .value, ",")),
      (#"{"x":[1 2]}"#, Self.wrong(8, .commaOrArrayEnd, "2")),
      (#"{"x":[1}"#, Self.wrong(7, .commaOrArrayEnd, "}")),
      (#"{"x":{"a":1]}"#, Self.wrong(11, .commaOrObjectEnd, "]")),
      (#"{"x":{"a":1,}}"#, Self.wrong(12, .fieldName, "}")),
      (#"{"x":{"a"}}"#, Self.wrong(9, .colon, "}")),
      (#"{"x":{1}}"#, Self.wrong(6, .fieldName, "1")),
      (#"{"x":}"#, Self.wrong(5, .value, "}")),
      (#"{"x":,}"#, Self.wrong(5, .value, ",")),
    ])
  }

  @Test func numbersAndLiterals() {
    expect([
      (#"{"x":01}"#, Self.wrong(6, .commaOrObjectEnd, "1")),
      (#"{"x":-01}"#, Self.wrong(7, .commaOrObjectEnd, "1")),
      (#"{"x":+1}"#, Self.wrong(5, .value, "+")),
      (#"{"x":.5}"#, Self.wrong(5, .value, ".")),
      (#"{"x":-}"#, Self.wrong(6, .digit, "}")),
      (#"{"x":1.}"#, Self.wrong(7, .digit, "}")),
      (#"{"x":1.e1}"#, Self.wrong(7, .digit, "e")),
      (#"{"x":1e}"#, Self.wrong(7, .digit, "}")),
      (#"{"x":1e+}"#, Self.wrong(8, .digit, "}")),
      (#"{"x":1e1.5}"#, Self.wrong(8, .commaOrObjectEnd, ".")),
      (#"{"x":0x10}"#, Self.wrong(6, .commaOrObjectEnd, "x")),
      (#"{"x":1_0}"#, Self.wrong(6, .commaOrObjectEnd, "_")),
      (#"{"x":NaN}"#, Self.wrong(5, .value, "N")),
      (#"{"x":-Infinity}"#, Self.wrong(6, .digit, "I")),
      (#"{"x":True}"#, Self.wrong(5, .value, "T")),
      (#"{"x":tru}"#, Self.wrong(8, .literal, "}")),
      (#"{"x":truee}"#, Self.wrong(9, .commaOrObjectEnd, "e")),
      (#"{"x":nul"#, Self.wrong(8, .literal, nil)),
      (#"{"x":falsy}"#, Self.wrong(9, .literal, "y")),
    ])
  }

  @Test func escapesAndControlCharacters() {
    expect([
      (#"{"uid":"\x","channel":"b"}"#, Self.wrong(9, .escape, "x")),
      (#"{"uid":"\'","channel":"b"}"#, Self.wrong(9, .escape, "'")),
      (#"{"uid":"\U0061"}"#, Self.wrong(9, .escape, "U")),
      (#"{"uid":"\u00g1"}"#, Self.wrong(12, .hexadecimalDigit, "g")),
      (#"{"uid":"\u12"}"#, Self.wrong(12, .hexadecimalDigit, "\"")),
      (#"{"uid":"\u+061"}"#, Self.wrong(10, .hexadecimalDigit, "+")),
      (#"{"x":"\"#, Self.wrong(7, .escape, nil)),
      (#"{"x":"\ud83d"}"#, .unpairedSurrogate(offset: 6)),
      (#"{"x":"\ud83dx"}"#, .unpairedSurrogate(offset: 6)),
      (#"{"x":"\ud83d\n"}"#, .unpairedSurrogate(offset: 6)),
      (#"{"x":"\ud83d\u0061"}"#, .unpairedSurrogate(offset: 6)),
      (#"{"x":"\ud83d\ud83d"}"#, .unpairedSurrogate(offset: 6)),
      (#"{"x":"a\ude00"}"#, .unpairedSurrogate(offset: 7)),
      (#"{"x":"\ud83d\"#, .unpairedSurrogate(offset: 6)),
      (#"{"\udead":1}"#, .unpairedSurrogate(offset: 2)),
      ("{\"uid\":\"a\u{0}\"}", .unexpected(offset: 9, expected: .stringCharacter, got: 0)),
      ("{\"x\":\"\n\"}", .unexpected(offset: 6, expected: .stringCharacter, got: 0x0A)),
      ("{\"x\ty\":1}", .unexpected(offset: 3, expected: .stringCharacter, got: 0x09)),
    ])
  }

  @Test func textsThatEndEarly() throws {
    let whole = [UInt8](#"{"x":[{"k":"\u00e4\ud83d\ude00"},-1.5e+7,true],"uid":"a","channel":"b","auth":null}"#)
    _ = try ParsedHeader.parse(whole)
    for count in 0..<whole.count {
      #expect(ParsedHeader.error(Array(whole[..<count])) != nil, "the first \(count) bytes")
    }
  }

  @Test(
    arguments: [
      [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xC3, 0x28], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF],
      [0xE2, 0x82], [0xE2, 0x28, 0xA1], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80],
      [0xF0, 0x8F, 0xBF, 0xBF], [0xF0, 0x9F, 0x98], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF],
    ] as [[UInt8]])
  func badUTF8(bytes: [UInt8]) {
    // Refused in a value, in a name and in what is ignored; so does the standard library say.
    #expect(String(validating: bytes, as: UTF8.self) == nil)
    for (head, tail) in [
      (#"{"auth":""#, #"","uid":"a","channel":"b"}"#), (#"{""#, #"":1,"uid":"a","channel":"b"}"#),
      (#"{"x":[""#, #""],"uid":"a","channel":"b"}"#),
    ] {
      guard case .unexpected(_, .utf8, _) = ParsedHeader.error(Array(head.utf8) + bytes + Array(tail.utf8)) else {
        Issue.record("accepted or refused for another reason: \(head)\(bytes)\(tail)")
        continue
      }
    }
  }

  @Test func nestingAboveTheLimit() {
    let limit = JoinHeader.maximumDepth
    for (open, length) in [("[", 1), (#"{"k":"#, 5)] {
      let deep = Array((#"{"x":"# + String(repeating: open, count: limit)).utf8)
      #expect(ParsedHeader.error(deep) == .nestedTooDeep(offset: 5 + (limit - 1) * length, maximum: limit))
      let endless = Array((#"{"x":"# + String(repeating: open, count: 100_000)).utf8)
      #expect(ParsedHeader.error(endless) == .nestedTooDeep(offset: 5 + (limit - 1) * length, maximum: limit))
    }
  }

  @Test func errorsSayInWordsWhatWasExpectedAndWhatCame() throws {
    let cases: [(JoinHeaderError, StaticString)] = [
      (.unexpected(offset: 7, expected: .string, got: 0x31), "expected a string, got 0x31 at offset 7"),
      (.unexpected(offset: 0, expected: .object, got: nil), "expected '{', got the end at offset 0"),
      (.unpairedSurrogate(offset: 6), "expected a surrogate pair, got one half at offset 6"),
      (.nestedTooDeep(offset: 9, maximum: 128), "expected nesting up to 128, got one more at offset 9"),
      (.duplicate(.auth, offset: 3), "auth: expected once, got again at offset 3"),
      (.missing(.channel), "channel: expected a field of that name, got none"),
      (.empty(.uid, offset: 8), "uid: expected at least one character, got none at offset 8"),
      (.notASCII(.uid, offset: 9), "uid: expected ASCII, got something else at offset 9"),
      (.tooLong(.uid, limitBytes: 64, got: 65), "uid: expected at most 64 bytes, got 65"),
      (.storageTooSmall(offset: 35, capacityBytes: 5), "expected fields of up to 5 bytes, got more at offset 35"),
    ]
    for (error, words) in cases {
      var storage = [UInt8](repeating: 0, count: 96)
      var writer = ByteWriter(storage.mutableSpan)
      error.write(to: &writer)
      let count = try writer.finish()
      #expect(Array(storage[..<count]) == [UInt8](words))
    }
  }
}
