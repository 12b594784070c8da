import Bytes
import HAL

@testable import Device

// Input: how the driver is called, then what an I2C bus answers to its transfers, in order.

func fuzz(_ input: [UInt8]) {
  var program = Program(input)
  let configuration = program.byte()
  let mode = configuration & 1 == 0 ? SHTC3Mode.normal : .lowPower
  let attempts = Int(configuration >> 1 & 3) + 1
  var now = UInt64(program.word())
  var sensor = SHTC3(bus: AnsweringBus(program), mode: mode, attemptsMax: attempts)
  for _ in 0..<6 {
    sensor.bus.beginMeasurement(mode)
    sensor.begin(nowMilliseconds: now)
    run(&sensor, from: &now, attempts: attempts)
    now += 1000
  }
}

/// One measurement, polled when the driver asks for it.
private func run(_ sensor: inout SHTC3<AnsweringBus>, from now: inout UInt64, attempts: Int) {
  let begun = now
  // Wake, reset, identity and measurement, then the polls: for each attempt.
  let callsMax = attempts * (4 + SHTC3<AnsweringBus>.pollsMax) + 1
  for _ in 0..<callsMax {
    sensor.bus.now = now
    let transfers = sensor.bus.transferCount
    do throws(SensorError) {
      switch try sensor.poll(nowMilliseconds: now) {
      case .idle: violated("idle in the middle of a measurement")
      case .waiting(let until):
        require(until > now, "to be called again at once, at \(until)")
        require(until - now <= 20, "a wait of \(until - now) ms")
        requireNothingBefore(until, &sensor)
        now = until
      case .ready(let measurement):
        requireInRange(measurement)
        requireEqual(measurement, sensor.bus.expected, "the measurement that the bus gave")
        return requireEnded(&sensor, begun, now, attempts)
      }
    } catch {
      requireWords(error)
      return requireEnded(&sensor, begun, now, attempts)
    }
    require(sensor.bus.transferCount - transfers <= 3, "more than three transfers in a call")
  }
  violated("no end after \(callsMax) calls")
}

/// Too early a call does nothing.
private func requireNothingBefore(_ until: UInt64, _ sensor: inout SHTC3<AnsweringBus>) {
  let transfers = sensor.bus.transferCount
  let progress = try? sensor.poll(nowMilliseconds: until - 1)
  require(progress == .waiting(untilMilliseconds: until), "an early call changed the wait")
  require(sensor.bus.transferCount == transfers, "an early call used the bus")
}

private func requireInRange(_ measurement: Measurement) {
  require((-40_000...125_000).contains(measurement.temperatureMillidegrees), "\(measurement)")
  require((0..<100_000).contains(measurement.humidityMillipercent ?? -1), "\(measurement)")
}

/// It ends in time (`SHTC3` says 106 ms for three attempts), and then nothing runs.
private func requireEnded(_ sensor: inout SHTC3<AnsweringBus>, _ begun: UInt64, _ now: UInt64, _ attempts: Int) {
  require(
    now - begun <= UInt64(attempts) * 22 + UInt64(attempts - 1) * 20, "\(now - begun) ms for \(attempts) attempts")
  require((try? sensor.poll(nowMilliseconds: now + 1_000_000)) == .idle, "something runs after the end")
}

private func requireWords(_ error: SensorError) {
  var memory = [UInt8](repeating: 0, count: SensorError.textSizeMax)
  var writer = ByteWriter(memory.mutableSpan)
  error.write(to: &writer)
  require((try? writer.finish()) != nil, "\(error): more than \(memory.count) bytes")
}

/// A bus that answers as a program says, and holds the driver to the data sheet.
private struct AnsweringBus: I2CBus, ~Copyable {
  var program: Program
  var now: UInt64 = 0
  private(set) var transferCount = 0
  /// What the last six bytes read mean, by the formulas of the data sheet.
  private(set) var expected: Measurement?
  /// Since when there has been a command, and how long it takes, in microseconds.
  private var commandMilliseconds: UInt64 = 0
  private var commandMicroseconds: UInt64 = 0
  private var readsOfMeasurement = 0
  private var measureMicroseconds: UInt64 = 12_100

  init(_ program: Program) { self.program = program }

  mutating func beginMeasurement(_ mode: SHTC3Mode) {
    measureMicroseconds = mode == .normal ? 12_100 : 800
    expected = nil
  }

  mutating func write(_ bytes: Span<UInt8>, to address: UInt8) throws(I2CError) {
    transferCount += 1
    require(address == 0x70 && bytes.count == 2, "\(bytes.count) bytes to \(address)")
    let command = UInt16(bytes[0]) << 8 | UInt16(bytes[1])
    switch command {
    case 0x3517, 0x805D: commandMicroseconds = 240
    case 0x7866, 0x609C:
      requireTimePassed()
      commandMicroseconds = measureMicroseconds
      readsOfMeasurement = 0
    case 0xEFC8:
      requireTimePassed()
      commandMicroseconds = 0
    case 0xB098: commandMicroseconds = 0
    default: violated("command \(command)")
    }
    commandMilliseconds = now
    try fail(address)
  }

  mutating func read(into output: inout MutableSpan<UInt8>, from address: UInt8) throws(I2CError) {
    transferCount += 1
    require(address == 0x70 && (output.count == 3 || output.count == 6), "\(output.count) bytes from \(address)")
    if output.count == 6 {
      requireTimePassed()
      readsOfMeasurement += 1
      require(readsOfMeasurement <= 5, "asked \(readsOfMeasurement) times")
    }
    try fail(address)
    // Words whose checksums are right, so that the fuzzer has not to guess them; it can spoil each.
    let spoilt = program.byte()
    for word in 0..<(output.count / 3) {
      let value = spoilt & 0x80 != 0 && output.count == 3 ? 0x0887 : UInt16(program.word())
      output[word * 3] = UInt8(value >> 8)
      output[word * 3 + 1] = UInt8(value & 0xFF)
      output[word * 3 + 2] = CRC8.checksum(of: value) ^ (spoilt >> word & 1 == 0 ? 0 : program.byte())
    }
    guard output.count == 6 else { return }
    let (temperature, humidity) = (Int(output[0]) << 8 | Int(output[1]), Int(output[3]) << 8 | Int(output[4]))
    expected = Measurement(
      temperatureMillidegrees: Int32(175_000 * temperature / 65_536 - 45_000),
      humidityMillipercent: Int32(100_000 * humidity / 65_536))
  }

  /// The sensor is not spoken to before it has done what it was told, by the times of the data sheet.
  private func requireTimePassed() {
    guard commandMicroseconds > 0 else { return }
    // The clock may have been about to tick when the command went out.
    let passed = (now - commandMilliseconds) * 1000
    require(passed >= commandMicroseconds + 1000, "\(passed) us after a command of \(commandMicroseconds) us")
  }

  private mutating func fail(_ address: UInt8) throws(I2CError) {
    switch program.byte() {
    case 0...0xCF: break
    case 0xD0...0xEF: throw .notAcknowledged(address: address)
    case 0xF0...0xF7: throw .busStuck
    case let code: throw .failed(code: Int32(code))
    }
  }
}
