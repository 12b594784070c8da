import CBoard
import Device
import HAL

/// The I2C bus of the board's sensors.
struct BoardBus: I2CBus, ~Copyable {
  mutating func write(_ bytes: Span<UInt8>, to address: UInt8) throws(I2CError) {
    try check(BoardCalls.write(bytes, to: address), address)
  }

  mutating func read(into output: inout MutableSpan<UInt8>, from address: UInt8) throws(I2CError) {
    try check(BoardCalls.read(into: &output, from: address), address)
  }

  private func check(_ result: Int32, _ address: UInt8) throws(I2CError) {
    switch board_i2c(rawValue: .init(truncatingIfNeeded: result)) {
    case BOARD_I2C_DONE: break
    case BOARD_I2C_NOT_ACKNOWLEDGED: throw .notAcknowledged(address: address)
    case BOARD_I2C_STUCK: throw .busStuck
    default: throw .failed(code: board_i2c_code())
    }
  }
}

/// The sensor that the board says it has: an SHTC3, or the chip's own thermometer, which answers at once.
struct BoardSensor: Sensor, ~Copyable {
  private let kind: board_sensor
  private var shtc3: SHTC3<BoardBus>
  private var isChipAsked = false

  /// The sensor of this kind; nothing is sent to it yet.
  init(_ kind: board_sensor) {
    self.kind = kind
    shtc3 = SHTC3(bus: BoardBus())
  }

  mutating func begin(nowMilliseconds: UInt64) {
    if kind == BOARD_SENSOR_CHIP { isChipAsked = true } else { shtc3.begin(nowMilliseconds: nowMilliseconds) }
  }

  mutating func poll(nowMilliseconds: UInt64) throws(SensorError) -> SensorProgress {
    guard kind == BOARD_SENSOR_CHIP else { return try shtc3.poll(nowMilliseconds: nowMilliseconds) }
    guard isChipAsked else { return .idle }
    isChipAsked = false
    var millidegrees: Int32 = 0
    let code = board_chip_temperature(&millidegrees)
    guard code == 0 else { throw .failed(code: code) }
    return .ready(Measurement(temperatureMillidegrees: millidegrees, humidityMillipercent: nil))
  }
}
