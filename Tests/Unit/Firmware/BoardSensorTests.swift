import CBoard
import Device
import FakeBoard
import HAL
import Testing

@testable import Firmware

extension FirmwareTests {
  @Suite("Board sensor") struct BoardSensorTests {
    let board = Board()

    @Test("a transfer goes to its address, in its direction")
    func transfer() throws {
      var bus = BoardBus()
      try bus.write([0x35, 0x17].span, to: 0x70)
      var state = board.state.pointee
      #expect(state.i2c_address == 0x70 && state.i2c_output_count == 2 && state.i2c_input_count == 0)
      #expect(state.i2c_output.0 == 0x35 && state.i2c_output.1 == 0x17)
      board.state.pointee.i2c_input.2 = 9
      var bytes = [UInt8](repeating: 0, count: 3)
      var span = bytes.mutableSpan
      try bus.read(into: &span, from: 0x71)
      state = board.state.pointee
      #expect(state.i2c_address == 0x71 && state.i2c_output_count == 0 && state.i2c_input_count == 3)
      #expect(bytes == [0, 0, 9])
    }

    @Test(
      "every failure of the bus, in both directions",
      arguments: [
        (BOARD_I2C_NOT_ACKNOWLEDGED.rawValue, I2CError.notAcknowledged(address: 0x70)),
        (BOARD_I2C_STUCK.rawValue, .busStuck), (BOARD_I2C_FAILED.rawValue, .failed(code: 263)),
        (-99, .failed(code: 263)),
      ])
    func failures(result: Int32, expected: I2CError) {
      board.state.pointee.i2c_result = result
      board.state.pointee.i2c_code = 263
      #expect(throws: expected) {
        var bus = BoardBus()
        try bus.write([1].span, to: 0x70)
      }
      #expect(throws: expected) {
        var bus = BoardBus()
        var bytes: [UInt8] = [0]
        var span = bytes.mutableSpan
        try bus.read(into: &span, from: 0x70)
      }
    }

    @Test("the chip's thermometer answers at once, when it is asked, without humidity")
    func chip() throws {
      board.state.pointee.temperature_millidegrees = -1_250
      var sensor = BoardSensor(BOARD_SENSOR_CHIP)
      var progress = try sensor.poll(nowMilliseconds: 0)
      #expect(progress == .idle)
      sensor.begin(nowMilliseconds: 0)
      progress = try sensor.poll(nowMilliseconds: 0)
      #expect(progress == .ready(Measurement(temperatureMillidegrees: -1_250, humidityMillipercent: nil)))
      progress = try sensor.poll(nowMilliseconds: 0)
      #expect(progress == .idle)
      #expect(board.state.pointee.i2c_address == 0)
    }

    @Test("a thermometer that fails says so with the board's code, and can be asked again")
    func chipFails() throws {
      board.state.pointee.temperature_code = 259
      var sensor = BoardSensor(BOARD_SENSOR_CHIP)
      sensor.begin(nowMilliseconds: 0)
      var failure: SensorError?
      do throws(SensorError) { _ = try sensor.poll(nowMilliseconds: 0) } catch { failure = error }
      #expect(failure == .failed(code: 259))
      board.state.pointee.temperature_code = 0
      sensor.begin(nowMilliseconds: 1)
      let progress = try sensor.poll(nowMilliseconds: 1)
      #expect(progress == .ready(Measurement(temperatureMillidegrees: 0, humidityMillipercent: nil)))
    }

    @Test("the SHTC3 is driven over the board's bus")
    func shtc3() throws {
      var sensor = BoardSensor(BOARD_SENSOR_SHTC3)
      sensor.begin(nowMilliseconds: 10)
      let progress = try sensor.poll(nowMilliseconds: 10)
      #expect(progress == .waiting(untilMilliseconds: 12))
      let state = board.state.pointee
      #expect(state.i2c_address == 0x70)
      #expect(state.i2c_output.0 == 0x35 && state.i2c_output.1 == 0x17, "its wake-up command")
    }
  }
}
