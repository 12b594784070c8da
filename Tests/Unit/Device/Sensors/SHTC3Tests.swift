import HAL
import Testing

@testable import Device

/// Replies of an SHTC3. The checksums were computed apart from the code under test, with a bitwise CRC-8 in Python that
/// gives the data sheet's 0x92 for BE EF.
private enum Reply {
  static let identity: [UInt8] = [0x08, 0x87, 0x5B]
  /// 0x6666 and 0x8000: 24.998 degrees and 50 %.
  static let room: [UInt8] = [0x66, 0x66, 0x93, 0x80, 0x00, 0xA2]
}

private let nack = ScriptedBus.Answer.fails(.notAcknowledged(address: 0x70))

/// The answers to a first measurement up to the reading of the result.
private let firstStart: [ScriptedBus.Answer] = [
  .acknowledged, .acknowledged, .acknowledged, .bytes(Reply.identity), .acknowledged,
]

/// Polls until something other than waiting comes, and moves the time to what the driver waits for.
private func run(
  _ sensor: inout SHTC3<ScriptedBus>, from nowMilliseconds: inout UInt64
) throws(SensorError) -> SensorProgress {
  for _ in 0..<100 {
    let progress = try sensor.poll(nowMilliseconds: nowMilliseconds)
    guard case .waiting(let until) = progress else { return progress }
    nowMilliseconds = max(until, nowMilliseconds)
  }
  return .idle
}

@Suite struct SHTC3MeasuringTests {
  @Test func theFirstMeasurementResetsIdentifiesMeasuresAndSleeps() throws {
    var sensor = SHTC3(bus: ScriptedBus(firstStart + [.bytes(Reply.room)]))
    var now: UInt64 = 1_000
    #expect(try sensor.poll(nowMilliseconds: now) == .idle)
    sensor.begin(nowMilliseconds: now)
    let progress = try run(&sensor, from: &now)
    #expect(progress == .ready(Measurement(temperatureMillidegrees: 24_998, humidityMillipercent: 50_000)))
    #expect(sensor.bus.log == ["3517", "805d", "efc8", "read3", "7866", "read6", "b098"])
    #expect(try sensor.poll(nowMilliseconds: now) == .idle)
  }

  @Test func laterMeasurementsSkipResetAndIdentity() throws {
    var sensor = SHTC3(bus: ScriptedBus(firstStart + [.bytes(Reply.room)]))
    var now: UInt64 = 0
    sensor.begin(nowMilliseconds: now)
    _ = try run(&sensor, from: &now)
    sensor.bus.clearLog()
    sensor.bus.answers = [.acknowledged, .acknowledged, .bytes(Reply.room)]
    let start = now
    sensor.begin(nowMilliseconds: now)
    _ = try run(&sensor, from: &now)
    #expect(sensor.bus.log == ["3517", "7866", "read6", "b098"])
    #expect(now - start == 16)
  }

  @Test func lowPowerModeSendsItsOwnCommandAndWaitsLess() throws {
    var sensor = SHTC3(bus: ScriptedBus(firstStart + [.bytes(Reply.room)]), mode: .lowPower)
    var now: UInt64 = 0
    sensor.begin(nowMilliseconds: now)
    _ = try run(&sensor, from: &now)
    #expect(sensor.bus.log == ["3517", "805d", "efc8", "read3", "609c", "read6", "b098"])
    #expect(now == 7)
  }

  @Test func everyTransferGoesToTheSensorsAddress() throws {
    var sensor = SHTC3(bus: ScriptedBus(firstStart + [.bytes(Reply.room)]))
    var now: UInt64 = 0
    sensor.begin(nowMilliseconds: now)
    _ = try run(&sensor, from: &now)
    let addresses = sensor.bus.transfers.map { transfer in
      switch transfer {
      case .wrote(_, let address), .read(_, let address): address
      }
    }
    #expect(addresses == [UInt8](repeating: 0x70, count: 7))
  }

  @Test func nothingIsSentBeforeItsTime() throws {
    var sensor = SHTC3(bus: ScriptedBus(firstStart + [.bytes(Reply.room)]))
    sensor.begin(nowMilliseconds: 10)
    #expect(try sensor.poll(nowMilliseconds: 9) == .waiting(untilMilliseconds: 10))
    #expect(sensor.bus.log == [])
    #expect(try sensor.poll(nowMilliseconds: 10) == .waiting(untilMilliseconds: 12))
    #expect(try sensor.poll(nowMilliseconds: 11) == .waiting(untilMilliseconds: 12))
    #expect(sensor.bus.log == ["3517"])
    #expect(try sensor.poll(nowMilliseconds: 12) == .waiting(untilMilliseconds: 14))
    #expect(try sensor.poll(nowMilliseconds: 14) == .waiting(untilMilliseconds: 28))
    #expect(try sensor.poll(nowMilliseconds: 27) == .waiting(untilMilliseconds: 28))
    #expect(sensor.bus.log.last == "7866")
  }

  @Test(arguments: [UInt64(240), 800, 12_100, 1, 600, 601])
  func aDeadlineOnAMillisecondClockLeavesAtLeastThatTime(microseconds: UInt64) {
    // The clock says 5 up to 5.999 ms; the command's transfer of 400 us begins then; the poll may come right at the tick.
    let deadlineMicroseconds = SHTC3<ScriptedBus>.deadline(5, microseconds) * 1_000
    #expect(deadlineMicroseconds >= 5_999 + 400 + microseconds)
    #expect(deadlineMicroseconds < 5_000 + 400 + microseconds + 2_000)
  }

  @Test func beginWhileOneRunsChangesNothing() throws {
    var sensor = SHTC3(bus: ScriptedBus(firstStart + [.bytes(Reply.room)]))
    sensor.begin(nowMilliseconds: 0)
    _ = try sensor.poll(nowMilliseconds: 0)
    sensor.begin(nowMilliseconds: 1)
    #expect(try sensor.poll(nowMilliseconds: 1) == .waiting(untilMilliseconds: 2))
    #expect(sensor.bus.log == ["3517"])
  }

  @Test func aSensorThatNeedsLongerIsAskedAgain() throws {
    var sensor = SHTC3(bus: ScriptedBus(firstStart + [nack, nack, .bytes(Reply.room)]))
    var now: UInt64 = 0
    sensor.begin(nowMilliseconds: now)
    guard case .ready = try run(&sensor, from: &now) else {
      Issue.record("no measurement")
      return
    }
    #expect(sensor.bus.log.filter { $0 == "read6" }.count == 3)
  }
}

@Suite struct SHTC3FailureTests {
  @Test func anAbsentSensorIsReportedAfterThreeAttempts() {
    var sensor = SHTC3(bus: ScriptedBus([nack, nack, nack]))
    var now: UInt64 = 0
    sensor.begin(nowMilliseconds: now)
    let error = #expect(throws: SensorError.self) { _ = try run(&sensor, from: &now) }
    #expect(error == .notAcknowledged(address: 0x70))
    #expect(error?.kind == .absent)
    #expect(sensor.bus.log == ["3517", "3517", "3517"])
    #expect(now == 40)
  }

  @Test func afterAnErrorNothingRunsUntilTheNextBeginWhichStartsOver() throws {
    var sensor = SHTC3(bus: ScriptedBus([nack, nack, nack]))
    var now: UInt64 = 0
    sensor.begin(nowMilliseconds: now)
    #expect(throws: SensorError.self) { _ = try run(&sensor, from: &now) }
    #expect(try sensor.poll(nowMilliseconds: now + 1_000) == .idle)
    sensor.bus.clearLog()
    sensor.bus.answers = firstStart + [.bytes(Reply.room)]
    sensor.begin(nowMilliseconds: now)
    let progress = try run(&sensor, from: &now)
    #expect(progress == .ready(Measurement(temperatureMillidegrees: 24_998, humidityMillipercent: 50_000)))
    #expect(sensor.bus.log == ["3517", "805d", "efc8", "read3", "7866", "read6", "b098"])
  }

  @Test(arguments: [
    (5, SensorError.checksumMismatch(word: .humidity, expected: 0xA2, got: 0xA3)),
    (2, SensorError.checksumMismatch(word: .temperature, expected: 0x93, got: 0x92)),
  ])
  func aWrongChecksumIsNeverAMeasurement(index: Int, expected: SensorError) {
    var reply = Reply.room
    reply[index] ^= 1
    var sensor = SHTC3(bus: ScriptedBus(firstStart + [.bytes(reply)]), attemptsMax: 1)
    var now: UInt64 = 0
    sensor.begin(nowMilliseconds: now)
    let error = #expect(throws: SensorError.self) { _ = try run(&sensor, from: &now) }
    #expect(error == expected)
    #expect(error?.kind == .corrupted)
    #expect(sensor.bus.log.last == "b098")
  }

  @Test func oneWrongChecksumIsMadeGoodByAResetAndAnotherAttempt() throws {
    var wrong = Reply.room
    wrong[0] ^= 0x10
    var sensor = SHTC3(bus: ScriptedBus(firstStart + [.bytes(wrong)] + firstStart + [.bytes(Reply.room)]))
    var now: UInt64 = 0
    sensor.begin(nowMilliseconds: now)
    let progress = try run(&sensor, from: &now)
    #expect(progress == .ready(Measurement(temperatureMillidegrees: 24_998, humidityMillipercent: 50_000)))
    #expect(sensor.bus.log.filter { $0 == "805d" }.count == 2)
  }

  @Test func anotherChipAtTheAddressIsRefusedAtOnce() {
    let answers: [ScriptedBus.Answer] = [.acknowledged, .acknowledged, .acknowledged, .bytes([0x08, 0x0F, 0x98])]
    var sensor = SHTC3(bus: ScriptedBus(answers))
    var now: UInt64 = 0
    sensor.begin(nowMilliseconds: now)
    let error = #expect(throws: SensorError.self) { _ = try run(&sensor, from: &now) }
    #expect(error == .wrongIdentity(expected: 0x0807, mask: 0x083F, got: 0x080F))
    #expect(error?.kind == .wrongDevice)
    #expect(sensor.bus.log == ["3517", "805d", "efc8", "read3"])
  }

  @Test func aMeasurementThatIsNeverReadyEndsAfterFivePolls() {
    var sensor = SHTC3(bus: ScriptedBus(firstStart + [nack, nack, nack, nack, nack]), attemptsMax: 1)
    var now: UInt64 = 0
    sensor.begin(nowMilliseconds: now)
    let error = #expect(throws: SensorError.self) { _ = try run(&sensor, from: &now) }
    #expect(error == .stillBusy(polls: 5))
    #expect(error?.kind == .busy)
    #expect(sensor.bus.log.filter { $0 == "read6" }.count == 5)
  }

  @Test func theLongestMeasurementEndsAfter106Milliseconds() {
    let attempt = firstStart + [nack, nack, nack, nack, nack]
    var sensor = SHTC3(bus: ScriptedBus(attempt + attempt + attempt))
    var now: UInt64 = 0
    sensor.begin(nowMilliseconds: now)
    #expect(throws: SensorError.stillBusy(polls: 5)) { try run(&sensor, from: &now) }
    #expect(now == 106)
  }

  @Test(arguments: [
    (I2CError.busStuck, SensorError.busStuck), (.failed(code: -7), .busFailed(code: -7)),
  ])
  func aBusThatFailsIsNamed(cause: I2CError, expected: SensorError) {
    var sensor = SHTC3(bus: ScriptedBus([.fails(cause)]), attemptsMax: 0)
    var now: UInt64 = 0
    sensor.begin(nowMilliseconds: now)
    let error = #expect(throws: SensorError.self) { _ = try run(&sensor, from: &now) }
    #expect(error == expected)
    #expect(error?.kind == .bus)
  }

  // 0 and 0xFFFF, with right checksums: -45 and 129.997 degrees.
  @Test(arguments: 0...firstStart.count)
  func aBusThatFailsAtAnyTransferEndsTheAttemptThere(index: Int) {
    var answers = firstStart + [.bytes(Reply.room)]
    answers[index] = .fails(.failed(code: -5))
    var sensor = SHTC3(bus: ScriptedBus(answers), attemptsMax: 1)
    var now: UInt64 = 0
    sensor.begin(nowMilliseconds: now)
    #expect(throws: SensorError.busFailed(code: -5)) { try run(&sensor, from: &now) }
    #expect(sensor.bus.transfers.count == index + 1)
  }

  @Test(
    arguments: [
      ([0x00, 0x00, 0x81, 0x80, 0x00, 0xA2], -45_000),
      ([0xFF, 0xFF, 0xAC, 0x80, 0x00, 0xA2], 129_997),
    ] as [([UInt8], Int32)])
  func aTemperatureOutsideOfTheSensorsRangeIsNoMeasurement(reply: [UInt8], got: Int32) {
    var sensor = SHTC3(bus: ScriptedBus(firstStart + [.bytes(reply)]), attemptsMax: 1)
    var now: UInt64 = 0
    sensor.begin(nowMilliseconds: now)
    let error = #expect(throws: SensorError.self) { _ = try run(&sensor, from: &now) }
    #expect(error == .temperatureOutOfRange(got: got, minimumDegrees: -40, maximumDegrees: 125))
  }

  @Test func aSensorThatDoesNotGoToSleepHasMeasuredAndIsResetNextTime() throws {
    var sensor = SHTC3(bus: ScriptedBus(firstStart + [.bytes(Reply.room), nack]))
    var now: UInt64 = 0
    sensor.begin(nowMilliseconds: now)
    guard case .ready = try run(&sensor, from: &now) else {
      Issue.record("no measurement")
      return
    }
    sensor.bus.clearLog()
    sensor.bus.answers = firstStart + [.bytes(Reply.room)]
    sensor.begin(nowMilliseconds: now)
    _ = try run(&sensor, from: &now)
    #expect(sensor.bus.log.contains("805d"))
  }

  @Test func timesNearTheEndOfTheClockDoNotTrap() throws {
    var sensor = SHTC3(bus: ScriptedBus([nack]))
    sensor.begin(nowMilliseconds: .max)
    #expect(try sensor.poll(nowMilliseconds: .max) == .waiting(untilMilliseconds: 19))
  }
}

@Suite struct SHTC3ConversionTests {
  // By the data sheet's formulas in exact arithmetic (Python fractions), rounded down.
  @Test(arguments: [
    (UInt16(0), Int32(-45_000), Int32(0)), (1, -44_998, 1), (0x4000, -1_250, 25_000), (0x41D4, -1, 25_714),
    (0x41D3, -3, 25_712), (0x8000, 42_500, 50_000), (0xFFFF, 129_997, 99_998),
  ])
  func rawWordsBecomeThousandths(raw: UInt16, temperature: Int32, humidity: Int32) {
    #expect(SHTC3Facts.temperatureMillidegrees(raw: raw) == temperature)
    #expect(SHTC3Facts.humidityMillipercent(raw: raw) == humidity)
  }

  @Test func noRawWordTrapsAndBothScalesRise() {
    for raw in UInt16.min..<UInt16.max {
      let temperature = SHTC3Facts.temperatureMillidegrees(raw: raw)
      let humidity = SHTC3Facts.humidityMillipercent(raw: raw)
      guard SHTC3Facts.temperatureMillidegrees(raw: raw + 1) > temperature,
        SHTC3Facts.humidityMillipercent(raw: raw + 1) > humidity
      else {
        Issue.record("not rising at \(raw)")
        return
      }
    }
  }
}
