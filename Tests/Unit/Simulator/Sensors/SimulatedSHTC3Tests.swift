import Device
import HAL
import Testing

@testable import Simulator

/// A clock that a test moves, and the climate that goes with it.
final class World {
  var microseconds: UInt64 = 1_000_000
  var climate = Climate(temperatureMillidegrees: 21_500, humidityMillipercent: 40_000)

  func makeSensor() -> SimulatedSHTC3 {
    SimulatedSHTC3(microseconds: { self.microseconds }, climate: { self.climate })
  }

  /// A sensor that has finished powering up.
  func makeIdleSensor() -> SimulatedSHTC3 {
    let sensor = makeSensor()
    microseconds += 240
    return sensor
  }
}

extension SimulatedSHTC3 {
  mutating func send(_ command: UInt16, to address: UInt8 = 0x70) throws(I2CError) {
    let bytes = [UInt8(command >> 8), UInt8(command & 0xFF)]
    try write(bytes.span, to: address)
  }

  mutating func receive(_ count: Int, from address: UInt8 = 0x70) throws(I2CError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var output = bytes.mutableSpan
    try read(into: &output, from: address)
    return bytes
  }
}

private let nack = I2CError.notAcknowledged(address: 0x70)

@Suite struct SimulatedSHTC3Tests {
  @Test func identityComesWithItsChecksum() throws {
    var sensor = World().makeIdleSensor()
    try sensor.send(0xEFC8)
    #expect(try sensor.receive(3) == [0x08, 0x87, 0x5B])
  }

  @Test func nothingIsAcknowledgedUntilPowerUpAndWakeUpAreOver() throws {
    let world = World()
    var sensor = world.makeSensor()
    #expect(throws: nack) { try sensor.send(0xEFC8) }
    world.microseconds += 240
    try sensor.send(0xB098)
    #expect(sensor.isAsleep == true)
    try sensor.send(0x3517)
    world.microseconds += 239
    #expect(throws: nack) { try sensor.send(0x7866) }
    world.microseconds += 1
    try sensor.send(0x7866)
  }

  @Test(arguments: [UInt16(0x7866), 0x805D, 0xEFC8, 0xB098])
  func asleepOnlyTheWakeUpIsAcknowledged(command: UInt16) throws {
    var sensor = World().makeIdleSensor()
    try sensor.send(0xB098)
    #expect(throws: nack) { try sensor.send(command) }
    #expect(throws: nack) { try sensor.receive(6) }
    try sensor.send(0x3517)
  }

  @Test(arguments: [UInt16(0x7866), 0x3517, 0x805D, 0xEFC8, 0xB098])
  func aMeasuringSensorAcknowledgesNothing(command: UInt16) throws {
    let world = World()
    var sensor = world.makeIdleSensor()
    try sensor.send(0x7866)
    world.microseconds += 12_099
    #expect(throws: nack) { try sensor.send(command) }
    #expect(throws: nack) { try sensor.receive(6) }
    world.microseconds += 1
    #expect(try sensor.receive(6).count == 6)
  }

  // 21.5 degrees: (21.5 + 45) / 175 * 2^16 = 24903.7; 40 %: 26214.4. Checksums from a CRC-8 in Python.
  @Test(arguments: [
    (UInt16(0x7866), UInt64(12_100), true, false), (0x58E0, 12_100, false, false), (0x7CA2, 12_100, true, true),
    (0x5C24, 12_100, false, true), (0x609C, 800, true, false), (0x401A, 800, false, false),
    (0x6458, 800, true, true), (0x44DE, 800, false, true),
  ])
  func eachMeasuringCommandHasItsOrderTimeAndStretching(
    command: UInt16, microseconds: UInt64, temperatureFirst: Bool, stretches: Bool
  ) throws {
    let world = World()
    var sensor = world.makeIdleSensor()
    try sensor.send(command)
    world.microseconds += microseconds - 1
    if !stretches { #expect(throws: nack) { try sensor.receive(6) } }
    if !stretches { world.microseconds += 1 }
    let temperature: [UInt8] = [0x61, 0x48, 0xA4]
    let humidity: [UInt8] = [0x66, 0x66, 0x93]
    #expect(try sensor.receive(6) == (temperatureFirst ? temperature + humidity : humidity + temperature))
    #expect(sensor.stretchedMicroseconds == (stretches ? 1 : 0))
  }

  @Test func aResultIsReadOnceAndMayBeCutShort() throws {
    let world = World()
    var sensor = world.makeIdleSensor()
    try sensor.send(0x7866)
    world.microseconds += 12_100
    #expect(try sensor.receive(3) == [0x61, 0x48, 0xA4])
    #expect(throws: nack) { try sensor.receive(3) }
  }

  @Test func aSoftResetForgetsTheResultAndTakesItsTime() throws {
    let world = World()
    var sensor = world.makeIdleSensor()
    try sensor.send(0x7866)
    world.microseconds += 12_100
    try sensor.send(0x805D)
    #expect(throws: nack) { try sensor.send(0xEFC8) }
    world.microseconds += 240
    #expect(throws: nack) { try sensor.receive(6) }
    try sensor.send(0xEFC8)
  }

  @Test func unknownCommandsOtherAddressesAndOddSizesAreNotAcknowledged() throws {
    var sensor = World().makeIdleSensor()
    #expect(throws: nack) { try sensor.send(0x1234) }
    #expect(throws: I2CError.notAcknowledged(address: 0x44)) { try sensor.send(0xEFC8, to: 0x44) }
    #expect(throws: nack) { try sensor.write(([0xEF] as [UInt8]).span, to: 0x70) }
    #expect(throws: nack) { try sensor.write(([0xEF, 0xC8, 0x00] as [UInt8]).span, to: 0x70) }
    #expect(throws: nack) { try sensor.receive(3) }
  }

  @Test(arguments: [-40_000, -39_999, -16_700, -1, 0, 1, 21_530, 35_600, 85_000, 124_999, 125_000] as [Int32])
  func temperaturesComeBackWithinOneStep(millidegrees: Int32) {
    let raw = SimulatedSHTC3.raw(temperatureMillidegrees: millidegrees)
    let back = (Int(raw) * 21_875) >> 13 - 45_000
    #expect(abs(back - Int(millidegrees)) <= 3)
  }

  @Test(arguments: [
    (Int32.min, Int32.min, UInt16(0), UInt16(0)), (.max, .max, .max, .max), (130_000, 100_000, .max, .max),
  ])
  func valuesBeyondTheScaleBecomeItsEnds(
    temperature: Int32, humidity: Int32, rawTemperature: UInt16, rawHumidity: UInt16
  ) {
    #expect(SimulatedSHTC3.raw(temperatureMillidegrees: temperature) == rawTemperature)
    #expect(SimulatedSHTC3.raw(humidityMillipercent: humidity) == rawHumidity)
  }
}

/// Begins a measurement and polls until it has ended, time going by as the driver asks.
func measure(
  _ sensor: inout SHTC3<SimulatedSHTC3>, in world: World
) throws(SensorError) -> Measurement? {
  sensor.begin(nowMilliseconds: world.microseconds / 1_000)
  for _ in 0..<100 {
    switch try sensor.poll(nowMilliseconds: world.microseconds / 1_000) {
    case .idle: return nil
    case .waiting(let until): world.microseconds = max(world.microseconds, until * 1_000)
    case .ready(let measurement): return measurement
    }
  }
  return nil
}

@Suite struct DriverOnSimulatedSHTC3Tests {
  @Test(arguments: [UInt64(0), 1, 500, 998, 999])
  func theDriverNeverMeetsABusySensorWhereverInAMillisecondItStarts(offset: UInt64) throws {
    let world = World()
    world.microseconds += offset
    var sensor = SHTC3(bus: world.makeIdleSensor(), attemptsMax: 1)
    for _ in 0..<3 {
      #expect(try measure(&sensor, in: world)?.humidityMillipercent == 39_999)
      #expect(sensor.bus.isAsleep == true)
      world.microseconds += 1_000_000 + offset
    }
    #expect(sensor.bus.measurementCount == 3)
  }

  @Test func lowPowerModeMeasuresTheSame() throws {
    let world = World()
    var sensor = SHTC3(bus: world.makeIdleSensor(), mode: .lowPower, attemptsMax: 1)
    #expect(
      try measure(&sensor, in: world) == Measurement(temperatureMillidegrees: 21_500, humidityMillipercent: 39_999))
  }

  @Test func aSensorThatIsPulledOutAndPutBackMeasuresAgain() throws {
    let world = World()
    var sensor = SHTC3(bus: world.makeIdleSensor())
    _ = try measure(&sensor, in: world)
    sensor.bus.faults.isAbsent = true
    #expect(throws: SensorError.notAcknowledged(address: 0x70)) { try measure(&sensor, in: world) }
    sensor.bus.faults.isAbsent = false
    #expect(try measure(&sensor, in: world)?.temperatureMillidegrees == 21_500)
  }

  @Test func everyFourthChecksumWrongCostsAttemptsAndNoMeasurement() throws {
    let world = World()
    var sensor = SHTC3(bus: world.makeIdleSensor())
    sensor.bus.faults.corruptChecksumEvery = 4
    for _ in 0..<20 {
      #expect(try measure(&sensor, in: world)?.temperatureMillidegrees == 21_500)
    }
    #expect(sensor.bus.measurementCount > 20)
  }

  @Test func everyChecksumWrongIsAnErrorThatNamesTheWord() throws {
    let world = World()
    var sensor = SHTC3(bus: world.makeIdleSensor())
    sensor.bus.faults.corruptChecksumEvery = 1
    #expect(throws: SensorError.checksumMismatch(word: .identity, expected: 0x5B, got: 0x5A)) {
      try measure(&sensor, in: world)
    }
  }

  @Test func aStuckBusIsNamedAndOverWhenItIsFree() throws {
    let world = World()
    var sensor = SHTC3(bus: world.makeIdleSensor())
    sensor.bus.faults.isBusStuck = true
    #expect(throws: SensorError.busStuck) { try measure(&sensor, in: world) }
    sensor.bus.faults.isBusStuck = false
    #expect(try measure(&sensor, in: world) != nil)
  }

  @Test func aSensorThatNeverFinishesEndsInAnError() throws {
    let world = World()
    var sensor = SHTC3(bus: world.makeIdleSensor(), attemptsMax: 1)
    sensor.bus.faults.isNeverReady = true
    #expect(throws: SensorError.stillBusy(polls: 5)) { try measure(&sensor, in: world) }
  }

  @Test func anotherChipIsRefused() throws {
    let world = World()
    var sensor = SHTC3(bus: world.makeIdleSensor())
    sensor.bus.identity = 0x0847
    #expect(try measure(&sensor, in: world) != nil)
    var other = SHTC3(bus: world.makeIdleSensor())
    other.bus.identity = 0x0887 ^ 0x0020
    #expect(throws: SensorError.wrongIdentity(expected: 0x0807, mask: 0x083F, got: 0x08A7)) {
      try measure(&other, in: world)
    }
  }
}
