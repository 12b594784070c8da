public import Bytes
import Mles

/// A measurement with all that a subscriber needs to tell it from others: one JSON object on the channel.
///
///     {"uid":"board-1","boot":3,"seq":17,"time":1767323045000,"temperature":21.53,"humidity":40.12}
///
/// | Member | Meaning |
/// |---|---|
/// | `uid` | the board's name on the channel |
/// | `boot`, `seq` | together they never repeat on one board, and grow, as long as its key-value store works |
/// | `time` | UTC in milliseconds since 1970-01-01, `null` as long as the board does not know it |
/// | `temperature` | degrees Celsius, two decimals |
/// | `humidity` | relative humidity in percent, two decimals; left out where the sensor has none |
/// | `simulated` | `true` where the board is not a real one; else left out |
/// | `reset` | why the board started, where it says so; else left out |
public struct Reading {
  /// The longest uid that `encodedSizeMax` allows for, in bytes: what a join header lets through.
  public static var uidSizeMax: Int { JoinHeader.maximumNameBytes }
  /// The longest reset reason that `encodedSizeMax` allows for, in bytes as escaped.
  public static var resetReasonSizeMax: Int { 32 }
  /// The size of the largest object in bytes, every byte of the uid escaped. A usual one has about 100.
  /// (What is longer is not cut: the writer reports that it did not fit.)
  public static var encodedSizeMax: Int { 150 + 6 * uidSizeMax + resetReasonSizeMax }

  /// How often the board has started.
  public var bootCount: UInt32
  /// The number of the reading since the board started.
  public var sequence: UInt32
  /// UTC in milliseconds since 1970-01-01; nil as long as the board does not know the time.
  public var unixMilliseconds: UInt64?
  /// What was measured.
  public var measurement: Measurement
  /// Whether a simulator made this up.
  public var isSimulated: Bool
  /// Why the board started last, if it is to be told.
  public var resetReason: StaticString?

  /// A reading, not simulated unless said so.
  public init(
    bootCount: UInt32, sequence: UInt32, unixMilliseconds: UInt64?, measurement: Measurement,
    isSimulated: Bool = false, resetReason: StaticString? = nil
  ) {
    self.bootCount = bootCount
    self.sequence = sequence
    self.unixMilliseconds = unixMilliseconds
    self.measurement = measurement
    self.isSimulated = isSimulated
    self.resetReason = resetReason
  }

  /// Writes the JSON object for the board named `uid`.
  @_lifetime(writer: copy writer)
  public func write(uid: Span<UInt8>, to writer: inout ByteWriter) {
    writer.append("{\"uid\":\"")
    writer.append(jsonEscaped: uid)
    writer.append("\",\"boot\":")
    writer.append(decimal: UInt64(extending: bootCount))
    writer.append(",\"seq\":")
    writer.append(decimal: UInt64(extending: sequence))
    writer.append(",\"time\":")
    if let unixMilliseconds { writer.append(decimal: unixMilliseconds) } else { writer.append("null") }
    writer.append(",\"temperature\":")
    writer.append(hundredthsOf: measurement.temperatureMillidegrees)
    if let humidity = measurement.humidityMillipercent {
      writer.append(",\"humidity\":")
      writer.append(hundredthsOf: humidity)
    }
    if isSimulated { writer.append(",\"simulated\":true") }
    if let resetReason {
      writer.append(",\"reset\":\"")
      writer.append(jsonEscaped: resetReason)
      writer.append("\"")
    }
    writer.append("}")
  }
}

extension ByteWriter {
  /// Appends `thousandths` / 1,000 with two decimals, half away from zero; never "-0.00".
  @_lifetime(self: copy self)
  mutating func append(hundredthsOf thousandths: Int32) {
    let magnitude = Int32(truncatingIfNeeded: (thousandths.magnitude &+ 5) / 10)
    append(fixedPoint: thousandths < 0 ? -magnitude : magnitude, fractionDigits: 2)
  }
}
