import Bytes
import Device
import Testing

@testable import Simulator

private func parse(_ text: String) -> ParsedReading? {
  let bytes = Array(text.utf8)
  return ParsedReading(bytes.span)
}

private let complete =
  #"{"uid":"board-1","boot":3,"seq":17,"time":1767323045000,"temperature":21.53,"humidity":40.12}"#

@Suite struct ReadingParserTests {
  @Test func aReadingIsTakenApart() throws {
    let reading = try #require(parse(complete))
    #expect(reading.uid == "board-1")
    #expect(reading.bootCount == 3)
    #expect(reading.sequence == 17)
    #expect(reading.unixMilliseconds == 1_767_323_045_000)
    #expect(reading.temperatureMillidegrees == 21_530)
    #expect(reading.humidityMillipercent == 40_120)
    #expect(!reading.isSimulated)
    #expect(reading.resetReason == nil)
  }

  @Test func orderAndBlanksDoNotMatter() {
    let text = """
       { "temperature" : 21.53 , "humidity":40.12,\r\n\t"time":1767323045000,"seq":17,"boot":3,"uid":"board\\u002d1" }\n
      """
    #expect(parse(text) == parse(complete))
  }

  @Test func whatMayBeMissingMayBeMissing() throws {
    let reading = try #require(parse(#"{"uid":"b","boot":0,"seq":0,"time":null,"temperature":-0.05}"#))
    #expect(reading.unixMilliseconds == nil)
    #expect(reading.humidityMillipercent == nil)
    #expect(reading.temperatureMillidegrees == -50)
  }

  @Test(arguments: [
    "", "{}", "[]", "null", "21.5", #"{"uid":"alice","channel":"c"}"#,
    String(complete.dropLast()), complete + "x", complete + complete, "\u{FEFF}" + complete,
    complete.replacing("\"board-1\"", with: "1"), complete.replacing("board-1", with: "a\u{1}"),
    complete.replacing("board-1", with: #"\x"#), complete.replacing("board-1", with: #"\ud800"#),
    complete.replacing("board-1", with: #"\u12"#), complete.replacing("board-1", with: #"\udc00\ud800"#),
    complete.replacing("\"boot\":3,", with: ""), complete.replacing("\"boot\":3", with: "\"boot\":\"3\""),
    complete.replacing("\"boot\":3", with: "\"boot\":-3"), complete.replacing("\"boot\":3", with: "\"boot\":03"),
    complete.replacing("\"boot\":3", with: "\"boot\":3.0"), complete.replacing("\"boot\":3", with: "\"boot\":3e0"),
    complete.replacing("\"boot\":3", with: "\"boot\":4294967296"),
    complete.replacing("\"boot\":3", with: "\"boot\":3,\"boot\":3"),
    complete.replacing("\"boot\":3", with: "\"boot\":3,\"other\":1"),
    complete.replacing("\"boot\":3", with: "\"boot\":3,"),
    complete.replacing("1767323045000", with: "18446744073709551616"),
    complete.replacing("21.53", with: "null"), complete.replacing("21.53", with: "21."),
    complete.replacing("21.53", with: ".5"), complete.replacing("21.53", with: "+21.53"),
    complete.replacing("21.53", with: "21.5300"), complete.replacing("21.53", with: "2e1"),
    complete.replacing("21.53", with: "021.53"), complete.replacing("21.53", with: "99999999.99"),
    complete.replacing("}", with: ",\"simulated\":1}"), complete.replacing("}", with: ",\"simulated\":null}"),
    complete.replacing("board-1", with: String(repeating: "x", count: 5_000)),
  ])
  func anythingElseIsNoReading(text: String) {
    #expect(parse(text) == nil)
  }

  @Test func bytesThatAreNotUTF8AreNoReading() {
    var bytes = Array(complete.utf8)
    bytes[8] = 0xFF
    #expect(ParsedReading(bytes.span) == nil)
  }

  @Test func noPrefixAndNoChangedByteTraps() {
    let bytes = Array(complete.utf8)
    for count in bytes.indices { #expect(ParsedReading(Array(bytes[..<count]).span) == nil) }
    for index in bytes.indices {
      for value in stride(from: UInt8(0), to: 255, by: 5) {
        var changed = bytes
        changed[index] = value
        _ = ParsedReading(changed.span)
      }
    }
  }

  @Test(arguments: ["board-1", "a\"b\\c\n\u{1}/", "ä😀"], [Int32(-50), 0, 21_530, -16_700] as [Int32])
  func whatTheDeviceWritesIsReadBack(uid: String, temperature: Int32) throws {
    let sent = Reading(
      bootCount: .max, sequence: .max, unixMilliseconds: .max,
      measurement: Measurement(temperatureMillidegrees: temperature, humidityMillipercent: 40_120),
      isSimulated: true, resetReason: "power-on")
    var output = [UInt8](repeating: 0, count: Reading.encodedSizeMax)
    var writer = ByteWriter(output.mutableSpan)
    let uidBytes = Array(uid.utf8)
    sent.write(uid: uidBytes.span, to: &writer)
    let count = try writer.finish()
    let parsed = ParsedReading(output.span.extracting(0..<count))
    let got = try #require(parsed)
    #expect(got.uid == uid)
    #expect(got.bootCount == .max && got.sequence == .max && got.unixMilliseconds == .max)
    #expect(got.temperatureMillidegrees == temperature && got.humidityMillipercent == 40_120)
    #expect(got.isSimulated && got.resetReason == "power-on")
  }
}
