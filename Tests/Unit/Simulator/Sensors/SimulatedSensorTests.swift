import Device
import Testing

@testable import Simulator

/// Samples given in advance, then `ended`.
private final class ListedWeather: WeatherSource {
  var samples: [Result<WeatherSample, WeatherError>]

  init(_ samples: [Result<WeatherSample, WeatherError>]) {
    self.samples = samples
  }

  func next(wallMilliseconds: UInt64) throws(WeatherError) -> WeatherSample {
    samples.isEmpty ? .ended : try samples.removeFirst().get()
  }
}

private func climate(_ temperature: Int32, _ humidity: Int32?) -> Result<WeatherSample, WeatherError> {
  .success(.climate(Climate(temperatureMillidegrees: temperature, humidityMillipercent: humidity)))
}

private func measure(_ sensor: inout SimulatedSensor, in world: World) throws(SensorError) -> Measurement? {
  sensor.begin(nowMilliseconds: world.microseconds / 1_000)
  for _ in 0..<200 {
    switch try sensor.poll(nowMilliseconds: world.microseconds / 1_000) {
    case .idle: return nil
    case .waiting(let until): world.microseconds = max(world.microseconds, until * 1_000)
    case .ready(let measurement): return measurement
    }
  }
  return nil
}

private func make(_ source: any WeatherSource, _ world: World) -> SimulatedSensor {
  let station = WeatherStation(source: source, wallMilliseconds: { world.microseconds / 1_000 })
  return SimulatedSensor(station: station, microseconds: { world.microseconds })
}

@Suite struct SimulatedSensorTests {
  @Test func eachMeasurementTakesTheNextSampleUntilTheSourceHasEnded() throws {
    let world = World()
    var sensor = make(ListedWeather([climate(20_000, 50_000), climate(-5_000, nil)]), world)
    let station = sensor.station
    #expect(
      try measure(&sensor, in: world) == Measurement(temperatureMillidegrees: 20_000, humidityMillipercent: 50_000))
    #expect(station.isOver == false)
    #expect(try measure(&sensor, in: world)?.humidityMillipercent == nil)
    #expect(try measure(&sensor, in: world) == nil)
    #expect(station.hasEnded && station.failure == nil)
  }

  @Test func aSourceThatHasNothingYetIsAskedAgain() throws {
    let world = World()
    var sensor = make(ListedWeather([.success(.notYet), .success(.notYet), climate(20_000, nil)]), world)
    let start = world.microseconds
    #expect(try measure(&sensor, in: world)?.temperatureMillidegrees == 20_000)
    #expect(world.microseconds - start >= 40_000)
  }

  @Test func aSourceThatFailsIsToldByTheStation() throws {
    let world = World()
    let error = WeatherError.tooManyNumbers(path: "stdin", line: 3, got: 4)
    var sensor = make(ListedWeather([.failure(error)]), world)
    let station = sensor.station
    #expect(try measure(&sensor, in: world) == nil)
    #expect(station.failure == error)
  }

  @Test func aFailedMeasurementLosesNoSample() throws {
    let world = World()
    var sensor = make(ListedWeather([climate(20_000, nil), climate(30_000, nil)]), world)
    sensor.driver.bus.faults.isAbsent = true
    #expect(throws: SensorError.notAcknowledged(address: 0x70)) { try measure(&sensor, in: world) }
    sensor.driver.bus.faults.isAbsent = false
    #expect(try measure(&sensor, in: world)?.temperatureMillidegrees == 20_000)
    #expect(try measure(&sensor, in: world)?.temperatureMillidegrees == 30_000)
  }
}

@Suite struct SkippedTimeTests {
  @Test func aMeasurementIsReadyInTheSameMillisecond() throws {
    let station = WeatherStation(
      source: ListedWeather([climate(20_000, 50_000), climate(30_000, nil)]), wallMilliseconds: { 0 })
    var sensor = SimulatedSensor(skippingTimeAt: station)
    sensor.begin(nowMilliseconds: 7)
    let first = try sensor.poll(nowMilliseconds: 7)
    #expect(first == .ready(Measurement(temperatureMillidegrees: 20_000, humidityMillipercent: 50_000)))
    #expect(try sensor.poll(nowMilliseconds: 7) == .idle)
    sensor.begin(nowMilliseconds: 7)
    let second = try sensor.poll(nowMilliseconds: 7)
    #expect(second == .ready(Measurement(temperatureMillidegrees: 30_000, humidityMillipercent: nil)))
  }

  @Test func faultsAreFaultsAllTheSame() throws {
    let station = WeatherStation(source: ListedWeather([climate(20_000, nil)]), wallMilliseconds: { 0 })
    var sensor = SimulatedSensor(skippingTimeAt: station)
    sensor.driver.bus.faults.isAbsent = true
    sensor.begin(nowMilliseconds: 0)
    #expect(throws: SensorError.notAcknowledged(address: 0x70)) { try sensor.poll(nowMilliseconds: 0) }
    sensor.driver.bus.faults.isAbsent = false
    sensor.begin(nowMilliseconds: 0)
    let progress = try sensor.poll(nowMilliseconds: 0)
    #expect(progress == .ready(Measurement(temperatureMillidegrees: 20_000, humidityMillipercent: nil)))
  }
}

@Suite struct WeatherOptionTests {
  @Test(arguments: [
    ("model", WeatherOption.model), ("host", .host), ("stdin", .standardInput), ("csv:a/b.csv", .csv(path: "a/b.csv")),
  ])
  func theFourSourcesAreNamed(argument: String, expected: WeatherOption) throws {
    #expect(try WeatherOption(argument: argument) == expected)
  }

  @Test(arguments: ["", "Model", "csv", "csv:", "file:a"])
  func anythingElseIsRefusedByNamingTheFour(argument: String) {
    let error = #expect(throws: WeatherError.self) { try WeatherOption(argument: argument) }
    #expect(error?.description == "--sensor: expected model, csv:FILE, host or stdin, got \"\(argument)\"")
  }

  @Test func modelBoardsHaveDifferentWeatherAndEachBoardItsSource() throws {
    let sources = try WeatherOption.model.makeSources(boardCount: 3, seed: 1)
    let samples = try sources.map { try $0.next(wallMilliseconds: 1_767_323_045_000) }
    #expect(Set(samples.map(\.temperature)).count == 3)
  }
}

/// The shipped year of weather, at its place in the package.
private let yearPath =
  #filePath.split(separator: "/").dropLast(5).map { "/" + $0 }.joined()
  + "/Simulator/Data/greensboro-tmy3-hourly.csv"

@Suite struct ReplayedYearTests {
  @Test func theWholeYearComesBackFromTheSensorWithinItsResolution() throws {
    let table = try ClimateTable(path: yearPath)
    #expect(table.rows.count == 8_760)
    let world = World()
    var sensor = make(ReplayedWeather(table), world)
    var wrong = 0
    for row in table.rows {
      let measurement = try #require(try measure(&sensor, in: world))
      // A step of the sensor is 175/65536 degrees and 100/65536 %: 2.67 and 1.53 thousandths.
      let temperature = abs(measurement.temperatureMillidegrees - row.temperatureMillidegrees)
      let humidity = abs((measurement.humidityMillipercent ?? -1) - (row.humidityMillipercent ?? -1))
      if temperature > 2 || humidity > 2 { wrong += 1 }
      world.microseconds += 1_000_000
    }
    #expect(wrong == 0)
    #expect(sensor.driver.bus.measurementCount == 8_760)
  }

  @Test func theFirstAndTheColdestRowAreWhatTheFileSays() throws {
    let rows = try ClimateTable(path: yearPath).rows
    #expect(rows.first == Climate(temperatureMillidegrees: 10_000, humidityMillipercent: 77_000))
    #expect(rows.map(\.temperatureMillidegrees).min() == -16_700)
  }
}
