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
  /// The temperature lies outside of what the sensor is specified for (thousandths of a degree Celsius).
  case temperatureOutOfRange(got: Int32, minimum: Int32, maximum: Int32)

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
    case .notAcknowledged(let address):
      writer.append("no answer from a sensor at I2C address 0x%2x", UInt64(truncatingIfNeeded: address))
    case .busStuck:
      writer.append("I2C bus stuck: a line is held low")
    case .busFailed(let code):
      writer.append("I2C bus failed with code %d", UInt64(truncatingIfNeeded: code))
    case .failed(let code):
      writer.append("failed with code %d", UInt64(truncatingIfNeeded: code))
    case .checksumMismatch(let word, let expected, let got):
      writer.append("checksum of ")
      writer.append(word.text)
      writer.append(
        ": expected 0x%2x, got 0x%2x", UInt64(truncatingIfNeeded: expected), UInt64(truncatingIfNeeded: got))
    case .wrongIdentity(let expected, let mask, let got):
      writer.append(
        "wrong sensor: expected identity 0x%4x in mask 0x%4x", UInt64(truncatingIfNeeded: expected),
        UInt64(truncatingIfNeeded: mask))
      writer.append(", got 0x%4x", UInt64(truncatingIfNeeded: got))
    case .stillBusy(let polls):
      writer.append("sensor still busy after %u polls", UInt64(truncatingIfNeeded: polls))
    case .temperatureOutOfRange(let got, let minimum, let maximum):
      writer.append("temperature ")
      writer.append(fixedPoint: got, fractionDigits: 3)
      writer.append(" C: expected ")
      writer.append(fixedPoint: minimum, fractionDigits: 3)
      writer.append(" to ")
      writer.append(fixedPoint: maximum, fractionDigits: 3)
    }
  }
}

extension SensorWord {
  fileprivate var text: StaticString {
    switch self {
    case .identity: "the identity"
    case .temperature: "the temperature"
    case .humidity: "the humidity"
    }
  }
}
