import Device
import HAL

/// The sensor of a simulated node: the SHTC3 driver on a simulated chip, or one that answers at once, for speed.
struct VirtualSensor: Sensor, ~Copyable {
  let hardware: NodeHardware
  private let isSimple: Bool
  private var driver: SHTC3<SimulatedSHTC3>
  private var isWanted = false

  init(hardware: NodeHardware, isSimple: Bool) {
    self.hardware = hardware
    self.isSimple = isSimple
    driver = SHTC3(
      bus: SimulatedSHTC3(microseconds: { [unowned hardware] in hardware.monotonicMilliseconds * 1_000 }) {
        [unowned hardware] in
        Climate(
          temperatureMillidegrees: Int32(hardware.random.below(40_000)) - 10_000,
          humidityMillipercent: Int32(hardware.random.below(100_000)))
      })
  }

  mutating func begin(nowMilliseconds: UInt64) {
    guard !isSimple else { return isWanted = true }
    driver.bus.faults = hardware.sensorFaults
    driver.begin(nowMilliseconds: nowMilliseconds)
  }

  mutating func poll(nowMilliseconds: UInt64) throws(SensorError) -> SensorProgress {
    guard isSimple else { return try driver.poll(nowMilliseconds: nowMilliseconds) }
    guard isWanted else { return .idle }
    isWanted = false
    if hardware.sensorFaults != SimulatedSHTC3.Faults() { throw .notAcknowledged(address: SimulatedSHTC3.address) }
    let bits = hardware.random.next()
    return .ready(
      Measurement(
        temperatureMillidegrees: Int32(bits & 0x7FFF) - 10_000, humidityMillipercent: Int32(bits >> 32 & 0xFFFF)))
  }
}
