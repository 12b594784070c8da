import Testing

@testable import Bytes

private func escaped(_ text: [UInt8]) throws -> [UInt8] {
  var output = [UInt8](repeating: 0, count: 64)
  var writer = ByteWriter(output.mutableSpan)
  writer.append(jsonEscaped: text.span)
  let count = try writer.finish()
  return Array(output[..<count])
}

@Suite struct ByteWriterJSONTests {
  @Test(arguments: [
    ("board-1", "board-1"), ("\"", "\\\""), ("\\", "\\\\"), ("\u{8}\t\n\u{C}\r", "\\b\\t\\n\\f\\r"),
    ("\0\u{1F}\u{7F}", "\\u0000\\u001f\u{7F}"), ("/", "/"), ("ä€😀", "ä€😀"),
  ])
  func onlyWhatJSONForbidsIsEscaped(text: String, expected: String) throws {
    #expect(try escaped(Array(text.utf8)) == Array(expected.utf8))
  }

  @Test func aLiteralIsEscapedLikeBytes() throws {
    var output = [UInt8](repeating: 0, count: 8)
    var writer = ByteWriter(output.mutableSpan)
    writer.append(jsonEscaped: "a\"b" as StaticString)
    let count = try writer.finish()
    #expect(output[..<count].elementsEqual(#"a\"b"#.utf8))
  }
}
