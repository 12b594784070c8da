import Bytes
import Testing

@testable import Device

private func text(_ error: SensorError) throws -> String {
  var output = [UInt8](repeating: 0, count: SensorError.textSizeMax)
  var writer = ByteWriter(output.mutableSpan)
  error.write(to: &writer)
  let count = try writer.finish()
  return String(decoding: output[..<count], as: UTF8.self)
}

@Suite struct SensorErrorTests {
  @Test(arguments: [
    (SensorError.notAcknowledged(address: 0x70), "no answer from a sensor at I2C address 0x70"),
    (.busStuck, "I2C bus stuck: a line is held low"),
    (.busFailed(code: -12), "I2C bus failed with code -12"),
    (
      .checksumMismatch(word: .humidity, expected: 0x92, got: 0x0A),
      "checksum of the humidity: expected 0x92, got 0x0a"
    ),
    (
      .wrongIdentity(expected: 0x0807, mask: 0x083F, got: 0xFFFF),
      "wrong sensor: expected identity 0x0807 in mask 0x083f, got 0xffff"
    ),
    (.stillBusy(polls: 5), "sensor still busy after 5 polls"),
    (
      .temperatureOutOfRange(got: -45_000, minimumDegrees: -40, maximumDegrees: 125),
      "temperature -45.000 C: expected -40.000 to 125.000"
    ),
  ])
  func theTextNamesTheCause(error: SensorError, expected: String) throws {
    #expect(try text(error) == expected)
  }

  @Test func extremeValuesFitTheTextSize() throws {
    #expect(try text(.temperatureOutOfRange(got: .min, minimumDegrees: .min, maximumDegrees: .min)).utf8.count <= 96)
    #expect(try text(.busFailed(code: .min)).utf8.count <= 96)
    #expect(try text(.stillBusy(polls: .min)).utf8.count <= 96)
    #expect(try text(.checksumMismatch(word: .temperature, expected: 0, got: 0)).utf8.count <= 96)
  }
}
