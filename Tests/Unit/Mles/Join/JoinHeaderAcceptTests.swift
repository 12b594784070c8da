import Testing

@testable import Mles

/// Headers that are accepted. In the texts `ä` and the like stand for their UTF-8 bytes.
@Suite struct JoinHeaderAcceptTests {
  static let ab = ParsedHeader(uid: [UInt8]("a"), channel: [UInt8]("b"))

  @Test(arguments: [
    #"{"uid":"a","channel":"b"}"#,
    #"{"channel":"b","uid":"a"}"#,
    #"{"uid":"a","channel":"b","auth":null}"#,
    #"{"auth":null,"uid":"a","channel":"b"}"#,
    " \t\r\n{ \"uid\" :\n\"a\"\r,\t\"channel\" : \"b\" } \t\r\n",
    // Names and values with escapes.
    #"{"\u0075id":"\u0061","\u0063h\u0061nnel":"\u0062"}"#,
    // Other fields of every kind are ignored, wherever they are.
    #"{"x":1,"uid":"a","y":[],"channel":"b","z":{}}"#,
    #"{"uid":"a","channel":"b","x":true,"y":false,"z":null,"":""}"#,
    #"{"x":[[],{},[{}],{"a":[]}],"uid":"a","channel":"b"}"#,
    #"{"x":{"uid":"inner","channel":"inner","auth":7},"uid":"a","channel":"b"}"#,
    #"{"x":[1,2,3 , 4],"y":{"k":1 , "l" : [ "]" , "}" ]},"uid":"a","channel":"b"}"#,
    // Other fields may come twice; names that only begin like ours are others.
    #"{"x":1,"x":2,"ui":"","uidd":1,"UID":2,"channels":3,"channelchannel":4,"a":5,"uid":"a","channel":"b"}"#,
    // Numbers in every form.
    #"{"n":[0,-0,1,-1,10,0.0,-0.5,1.25,1e1,1E1,1e+1,1e-1,0e0,12.5e-10,1e999],"uid":"a","channel":"b"}"#,
    // Escapes and UTF-8 in strings that are ignored.
    #"{"s":"\"\\\/\b\f\n\r\t\u0000\uD83D\uDE00\ud834\udd1e","uid":"a","channel":"b"}"#,
    #"{"ä":"äö€😀\u00e4","uid":"a","channel":"b"}"#,
    // The edges of UTF-8: U+0080, U+07FF, U+0800, U+D7FF, U+E000, U+FFFF, U+10000, U+10FFFF.
    "{\"s\":\"\u{80}\u{7FF}\u{800}\u{D7FF}\u{E000}\u{FFFF}\u{10000}\u{10FFFF}\u{7F}\",\"uid\":\"a\",\"channel\":\"b\"}",
  ])
  func accepts(text: String) throws {
    #expect(try ParsedHeader.parse(Array(text.utf8)) == Self.ab)
  }

  @Test func keepsTheSpellingOfTheAuthentication() throws {
    for auth in ["9b3b95527f7c2d80", "9B3B95527F7C2D80", "", "not hexadecimal", "ä"] {
      let text = #"{"uid":"a","channel":"b","auth":"\#(auth)"}"#
      #expect(try ParsedHeader.parse(Array(text.utf8)).auth == Array(auth.utf8))
    }
  }

  @Test func decodesEveryEscape() throws {
    let text = #"{"uid":"\"\\\/\b\f\n\r\t\u0000\u007F","channel":"\u005a\u005A"}"#
    let parsed = try ParsedHeader.parse(Array(text.utf8))
    #expect(parsed.uid == [0x22, 0x5C, 0x2F, 0x08, 0x0C, 0x0A, 0x0D, 0x09, 0x00, 0x7F])
    #expect(parsed.channel == [0x5A, 0x5A])
  }

  @Test func decodesEscapesOfEveryLengthToUTF8() throws {
    let text = #"{"uid":"a","channel":"b","auth":"\u007f\u0080\u07ff\u0800\ud7ff\ue000\uffff\ud800\udc00\udbff\udfff"}"#
    let expected = "\u{7F}\u{80}\u{7FF}\u{800}\u{D7FF}\u{E000}\u{FFFF}\u{10000}\u{10FFFF}"
    #expect(try ParsedHeader.parse(Array(text.utf8)).auth == Array(expected.utf8))
  }

  @Test func everyScalarAsAnEscapeAndAsBytesIsTheSameText() throws {
    for value in UInt32(0)...0x10FFFF where value % 37 == 0 || value < 0x100 {
      guard let scalar = Unicode.Scalar(value), value >= 0x20, value != 0x22, value != 0x5C else { continue }
      let raw = Array(String(Character(scalar)).utf8)
      let escaped = String(Character(scalar)).utf16.map { unit in
        let digits = String(unit, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }.joined()
      let head = [UInt8](#"{"uid":"a","channel":"b","auth":""#)
      let tail = [UInt8](#""}"#)
      let fromRaw = try ParsedHeader.parse(head + raw + tail)
      let fromEscape = try ParsedHeader.parse(head + Array(escaped.utf8) + tail)
      #expect(fromRaw.auth == raw)
      #expect(fromEscape.auth == raw)
    }
  }

  @Test func nestingUpToTheLimitIsAccepted() throws {
    // The header's own object is one level.
    let depth = JoinHeader.maximumDepth - 1
    for (open, close) in [("[", "]"), (#"{"k":"#, "}")] {
      let nested = String(repeating: open, count: depth) + "0" + String(repeating: close, count: depth)
      let text = #"{"x":\#(nested),"uid":"a","channel":"b"}"#
      #expect(try ParsedHeader.parse(Array(text.utf8)) == Self.ab)
    }
  }

  @Test func mixedNestingClosesEachLevelByItsKind() throws {
    var random = SeededGenerator(seed: 3)
    for _ in 0..<200 {
      let isObject = (0..<Int.random(in: 1..<JoinHeader.maximumDepth, using: &random)).map { _ in
        Bool.random(using: &random)
      }
      let nested =
        isObject.map { $0 ? #"{"k":"# : "[" }.joined() + "1" + isObject.reversed().map { $0 ? "}" : "]" }.joined()
      #expect(try ParsedHeader.parse(Array(#"{"x":\#(nested),"uid":"a","channel":"b"}"#.utf8)) == Self.ab)
    }
  }

  @Test func exactlyFittingStorageIsEnough() throws {
    let text = [UInt8](#"{"uid":"abc","channel":"de","auth":"f","x":"ignored, and longer than the storage"}"#)
    let parsed = try ParsedHeader.parse(text, capacity: 6)
    #expect(parsed == ParsedHeader(uid: [UInt8]("abc"), channel: [UInt8]("de"), auth: [UInt8]("f")))
    #expect(ParsedHeader.error(text, capacity: 5) == .storageTooSmall(offset: 36, capacityBytes: 5))
  }
}
