import Bytes
import Testing

@testable import Device

private func encode(_ reading: Reading, uid: String, capacity: Int = Reading.encodedSizeMax) throws -> String {
  var output = [UInt8](repeating: 0, count: capacity)
  var writer = ByteWriter(output.mutableSpan)
  let uidBytes = Array(uid.utf8)
  reading.write(uid: uidBytes.span, to: &writer)
  let count = try writer.finish()
  return String(decoding: output[..<count], as: UTF8.self)
}

private func reading(
  _ temperature: Int32, _ humidity: Int32?, time: UInt64? = 1_767_323_045_000, simulated: Bool = false
) -> Reading {
  Reading(
    bootCount: 3, sequence: 17, unixMilliseconds: time,
    measurement: Measurement(temperatureMillidegrees: temperature, humidityMillipercent: humidity),
    isSimulated: simulated)
}

@Suite struct ReadingTests {
  @Test func aReadingIsOneJSONObject() throws {
    #expect(
      try encode(reading(21_530, 40_120), uid: "board-1")
        == #"{"uid":"board-1","boot":3,"seq":17,"time":1767323045000,"temperature":21.53,"humidity":40.12}"#)
  }

  @Test func anUnknownTimeIsNull() throws {
    #expect(
      try encode(reading(21_530, 40_120, time: nil), uid: "b")
        == #"{"uid":"b","boot":3,"seq":17,"time":null,"temperature":21.53,"humidity":40.12}"#)
  }

  @Test func withoutHumidityThereIsNoMemberForIt() throws {
    #expect(
      try encode(reading(21_530, nil), uid: "b")
        == #"{"uid":"b","boot":3,"seq":17,"time":1767323045000,"temperature":21.53}"#)
  }

  @Test func aSimulatedReadingSaysSo() throws {
    #expect(try encode(reading(0, nil, simulated: true), uid: "b").hasSuffix(#","temperature":0.00,"simulated":true}"#))
  }

  @Test func aResetReasonIsTold() throws {
    var reading = reading(0, nil)
    reading.resetReason = "power-on"
    #expect(try encode(reading, uid: "b").hasSuffix(#","temperature":0.00,"reset":"power-on"}"#))
  }

  @Test func theUidIsEscaped() throws {
    #expect(try encode(reading(0, nil), uid: "a\"b\\c\n\u{1}").hasPrefix(#"{"uid":"a\"b\\c\n\u0001","boot""#))
  }

  @Test(arguments: [
    (Int32(0), "0.00"), (4, "0.00"), (5, "0.01"), (-4, "0.00"), (-5, "-0.01"), (-49, "-0.05"), (-50, "-0.05"),
    (-54, "-0.05"), (-55, "-0.06"), (994, "0.99"), (995, "1.00"), (-995, "-1.00"), (21_534, "21.53"),
    (21_535, "21.54"), (-16_700, "-16.70"), (99_998, "100.00"), (.max, "2147483.65"), (.min, "-2147483.65"),
  ])
  func decimalsAreRoundedHalfAwayFromZero(thousandths: Int32, expected: String) throws {
    let text = try encode(reading(thousandths, nil), uid: "b")
    #expect(text.hasSuffix(#""temperature":\#(expected)}"#))
  }

  @Test func theLargestReadingHasItsNamedSize() throws {
    let extreme = Reading(
      bootCount: .max, sequence: .max, unixMilliseconds: .max,
      measurement: Measurement(temperatureMillidegrees: .min, humidityMillipercent: .min),
      isSimulated: true, resetReason: "12345678901234567890123456789012")
    let uid = String(repeating: "\u{1}", count: Reading.uidSizeMax)
    #expect(try encode(extreme, uid: uid).utf8.count == Reading.encodedSizeMax)
  }

  @Test func whatDoesNotFitIsReportedWithTheSizeNeeded() throws {
    let error = #expect(throws: CapacityError.self) { try encode(reading(0, nil), uid: "b", capacity: 10) }
    #expect(error?.capacityBytes == 10)
    #expect(
      error?.requiredBytes == #"{"uid":"b","boot":3,"seq":17,"time":1767323045000,"temperature":0.00}"#.utf8.count)
  }
}
