public import Bytes

/// Why there is no measurement.
public enum SensorError: Error, Equatable {
  /// Nobody answered at this 7-bit address: no sensor, no power, or it was busy with something else.
  case notAcknowledged(address: UInt8)
  /// A line of the bus is held, or the clock was held down too long.
  case busStuck
  /// The bus failed otherwise; `code` is the board's own number.
  case busFailed(code: Int32)
  /// A word came with a checksum that is not its own: `expected` by calculation, `got` from the wire.
  case checksumMismatch(word: SensorWord, expected: UInt8, got: UInt8)
  /// Another chip lives at this address: `got` is its identity, of which the bits in `mask` must be `expected`.
  case wrongIdentity(expected: UInt16, mask: UInt16, got: UInt16)
  /// The measurement was not ready after it was asked for `polls` times, the longest time the data sheet allows.
  case stillBusy(polls: Int)
  /// A sensor that is on no bus failed; `code` is the board's own number.
  case failed(code: Int32)
  /// The temperature, in thousandths of a degree Celsius, lies outside of what the sensor is specified for.
  case temperatureOutOfRange(got: Int32, minimumDegrees: Int8, maximumDegrees: Int8)

  /// What generic code can make of it.
  public var kind: SensorErrorKind {
    switch self {
    case .notAcknowledged: .absent
    case .busStuck, .busFailed, .failed: .bus
    case .checksumMismatch, .temperatureOutOfRange: .corrupted
    case .stillBusy: .busy
    case .wrongIdentity: .wrongDevice
    }
  }
}

/// Which word of a reply a checksum belongs to.
public enum SensorWord: UInt8, Equatable, Sendable {
  case identity
  case temperature
  case humidity
}

/// What kind of failure it was. All but `wrongDevice` may be gone at the next `begin`.
public enum SensorErrorKind: UInt8, Equatable, Sendable {
  /// Nobody answers: look at wiring and power.
  case absent
  /// The bus itself, or whatever the sensor is reached by, does not work.
  case bus
  /// Something came, but it cannot be right.
  case corrupted
  /// The sensor answers and never finishes.
  case busy
  /// It is not the sensor that this driver is for.
  case wrongDevice
}

extension SensorError {
  /// The longest text that `write(to:)` writes, in bytes.
  public static let textSizeMax = 96

  /// Writes the cause in words, for a log line.
  @_lifetime(writer: copy writer)
  public func write(to writer: inout ByteWriter) {
    switch self {
    case .notAcknowledged(let address): Self.write(0, Int32(address), to: &writer)
    case .busStuck: Self.write(1, to: &writer)
    case .busFailed(let code): Self.write(2, code, to: &writer)
    case .failed(let code): Self.write(3, code, to: &writer)
    case .checksumMismatch(let word, let expected, let got):
      Self.write(4 &+ Int(word.rawValue), to: &writer)
      Self.write(7, Int32(expected), Int32(got), to: &writer)
    case .wrongIdentity(let expected, let mask, let got):
      Self.write(8, Int32(expected), Int32(mask), to: &writer)
      Self.write(9, Int32(got), to: &writer)
    case .stillBusy(let polls): Self.write(10, Int32(truncatingIfNeeded: polls), to: &writer)
    case .temperatureOutOfRange(let got, let minimum, let maximum):
      Self.write(11, to: &writer)
      writer.append(fixedPoint: got, fractionDigits: 3)
      Self.write(12, Int32(minimum), Int32(maximum), to: &writer)
    }
  }

  @inline(never)
  private static func write(_ part: Int, _ first: Int32 = 0, _ second: Int32 = 0, to writer: inout ByteWriter) {
    let words: StaticString =
      """
      no answer from a sensor at I2C address 0x%2x|\
      I2C bus stuck: a line is held low|\
      I2C bus failed with code %d|\
      failed with code %d|\
      checksum of the identity|\
      checksum of the temperature|\
      checksum of the humidity|\
      : expected 0x%2x, got 0x%2x|\
      wrong sensor: expected identity 0x%4x in mask 0x%4x|\
      , got 0x%4x|\
      sensor still busy after %u polls|\
      temperature | C: expected %d.000 to %d.000
      """
    writer.append(words.part(part), UInt64(extending: first), UInt64(extending: second))
  }
}
