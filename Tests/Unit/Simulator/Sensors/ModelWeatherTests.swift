import Testing

@testable import Simulator

private let hour: UInt64 = 3_600_000
private let day = 24 * hour
/// 2026-01-01 and 2026-07-20, 00:00 UTC.
private let newYear: UInt64 = 1_767_225_600_000
private let july: UInt64 = 1_784_505_600_000

private func mean(_ weather: ModelWeather, _ times: [UInt64]) -> Int {
  times.map { Int(weather.climate(wallMilliseconds: $0).temperatureMillidegrees) }.reduce(0, +) / times.count
}

@Suite struct ModelWeatherTests {
  @Test func sameSeedAndTimeGiveTheSameWeatherAndOtherSeedsAnother() {
    let times = (0..<100).map { newYear + $0 * hour }
    let first = times.map(ModelWeather(seed: 7).climate)
    #expect(first == times.map(ModelWeather(seed: 7).climate))
    #expect(first != times.map(ModelWeather(seed: 8).climate))
  }

  /// The same formula with a true cosine, in floating point in Python, gives 4,448.9 and 64,042.5.
  @Test func theFormulaStaysWhatItIs() {
    let climate = ModelWeather(seed: 1).climate(wallMilliseconds: newYear + 12 * hour)
    #expect(climate == Climate(temperatureMillidegrees: 4_449, humidityMillipercent: 64_064))
  }

  @Test func afternoonsAreWarmerAndDrierThanNights() {
    let weather = ModelWeather(seed: 1)
    for date in 0..<365 {
      let night = weather.climate(wallMilliseconds: newYear + UInt64(date) * day + 3 * hour)
      let afternoon = weather.climate(wallMilliseconds: newYear + UInt64(date) * day + 15 * hour)
      #expect(afternoon.temperatureMillidegrees > night.temperatureMillidegrees)
      #expect((afternoon.humidityMillipercent ?? 0) < (night.humidityMillipercent ?? 0))
    }
  }

  @Test func summersAreWarmerThanWinters() {
    let weather = ModelWeather(seed: 1)
    let winter = mean(weather, (0..<240).map { newYear + $0 * hour })
    let summer = mean(weather, (0..<240).map { july + $0 * hour })
    #expect(summer - winter > 10_000)
  }

  @Test func aYearOfWeatherIsPlausibleAndNeverJumps() {
    let weather = ModelWeather(seed: 42)
    var previous = weather.climate(wallMilliseconds: newYear)
    var implausible = 0
    for minute in stride(from: UInt64(0), to: 365 * 24 * 60, by: 10) {
      let now = weather.climate(wallMilliseconds: newYear + minute * 60_000)
      let humidity = now.humidityMillipercent ?? -1
      let step = abs(now.temperatureMillidegrees - previous.temperatureMillidegrees)
      if !(-15_000...35_000).contains(now.temperatureMillidegrees) || !(10_000...99_000).contains(humidity)
        || step > 400
      {
        implausible += 1
      }
      previous = now
    }
    #expect(implausible == 0)
  }

  @Test func theCosineIsACosine() {
    // One period in 8 steps from its peak; 46,341 is 65,536 / sqrt 2, and the formula errs by at most 0.002.
    let expected: [Int64] = [65_536, 46_341, 0, -46_341, -65_536, -46_341, 0, 46_341, 65_536]
    for (step, value) in expected.enumerated() {
      let got = ModelWeather.cosine(3_000 + UInt64(step) * 1_000, 8_000, peak: 3_000)
      #expect(abs(got - value) <= 131)
    }
  }

  @Test(arguments: [UInt64(0), .max])
  func noTimeTraps(time: UInt64) {
    #expect(ModelWeather(seed: .max).climate(wallMilliseconds: time).humidityMillipercent != nil)
  }
}
