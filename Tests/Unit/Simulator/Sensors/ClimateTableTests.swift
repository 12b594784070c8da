import Testing

@testable import Simulator

private func table(_ text: String) throws(WeatherError) -> ClimateTable {
  try ClimateTable(Array(text.utf8), path: "f.csv")
}

private func climate(_ temperature: Int32, _ humidity: Int32?) -> Climate {
  Climate(temperatureMillidegrees: temperature, humidityMillipercent: humidity)
}

@Suite struct ClimateTableTests {
  @Test(arguments: [
    "temperature_c,relative_humidity_pct\n-3.9,77\n35.6,100\n",
    "temperature_c,relative_humidity_pct\n-3.9,77\n35.6,100",
    "temperature_c,relative_humidity_pct\r\n-3.9,77\r\n35.6,100\r\n",
    "\u{FEFF}temperature_c , relative_humidity_pct\n -3.90 , +77\n35.6,100.000\n",
    "hour,relative_humidity_pct,note,temperature_c\n1,77,,-3.9\n2,100,storm,35.6\n",
  ])
  func columnsAreFoundByName(text: String) throws {
    #expect(try table(text).rows == [climate(-3_900, 77_000), climate(35_600, 100_000)])
  }

  @Test(arguments: [
    ("", "f.csv: no readings in it: expected a header row and at least one row"),
    ("\n", "f.csv: no readings in it: expected a header row and at least one row"),
    (
      "temperature_c,relative_humidity_pct\n",
      "f.csv: no readings in it: expected a header row and at least one row"
    ),
    ("temperature_c,humidity\n1,2\n", "f.csv:1: no column relative_humidity_pct in the header row"),
    ("1,2\n3,4\n", "f.csv:1: no column temperature_c in the header row"),
    (
      "temperature_c,temperature_c,relative_humidity_pct\n1,2,3\n",
      "f.csv:1: column temperature_c is in the header row twice"
    ),
    ("temperature_c,relative_humidity_pct\n1,2\n3\n", "f.csv:3: expected 2 fields, got 1"),
    ("temperature_c,relative_humidity_pct\n1,2,\n", "f.csv:2: expected 2 fields, got 3"),
    ("temperature_c,relative_humidity_pct\n1,2\n\n3,4\n", "f.csv:3: expected 2 fields, got 1"),
    (
      "temperature_c,relative_humidity_pct\nwarm,2\n",
      "f.csv:2: temperature_c: expected a decimal number, got \"warm\""
    ),
    (
      "temperature_c,relative_humidity_pct\n1,\n",
      "f.csv:2: relative_humidity_pct: expected a decimal number, got \"\""
    ),
    (
      "temperature_c,relative_humidity_pct\n1,\u{1B}[2J\n",
      "f.csv:2: relative_humidity_pct: expected a decimal number, got \"?[2J\""
    ),
    ("temperature_c,relative_humidity_pct\n125.1,2\n", "f.csv:2: temperature_c: expected -40 to 125, got 125.1"),
    ("temperature_c,relative_humidity_pct\n-40.001,2\n", "f.csv:2: temperature_c: expected -40 to 125, got -40.001"),
    (
      "temperature_c,relative_humidity_pct\n1,-1\n",
      "f.csv:2: relative_humidity_pct: expected 0 to 100, got -1"
    ),
    (
      "temperature_c,relative_humidity_pct\n1,99999999999999999999999\n",
      "f.csv:2: relative_humidity_pct: expected 0 to 100, got 99999999999999999999999"
    ),
  ])
  func whatIsWrongIsToldWithFileAndLine(text: String, message: String) {
    let error = #expect(throws: WeatherError.self) { try table(text) }
    #expect(error?.description == message)
  }

  @Test func longFieldsAreCutInTheMessage() {
    let field = String(repeating: "x", count: 1_000)
    let error = #expect(throws: WeatherError.self) { try table("temperature_c,relative_humidity_pct\n1,\(field)\n") }
    #expect((error?.description.utf8.count ?? 0) < 140)
  }

  @Test func aFileThatCannotBeReadIsNamedWithTheReason() {
    let missing = #expect(throws: WeatherError.self) { try ClimateTable(path: "/nowhere/f.csv") }
    #expect(missing?.description == "/nowhere/f.csv: cannot be read: No such file or directory")
    let folder = #expect(throws: WeatherError.self) { try ClimateTable(path: "/") }
    #expect(folder?.description == "/: cannot be read: Is a directory")
  }
}

@Suite struct DecimalTests {
  @Test(
    arguments: [
      ("0", 0), ("-0", 0), ("-3.9", -3_900), ("+12", 12_000), ("007", 7_000), ("21.5347", 21_535), ("21.5344", 21_534),
      ("-0.0005", -1), ("0.00049", 0), ("1.123456789", 1_123), ("9999999999999999999999.5", 1_000_000_000_000_500),
    ] as [(String, Int64)])
  func plainDecimalsBecomeThousandths(text: String, expected: Int64) {
    #expect(Decimal.thousandths(text.utf8) == expected)
  }

  @Test(arguments: [
    "", "-", "+", ".", "1.", ".5", "1e3", "nan", "inf", "0x10", "1 2", "--1", "1-", "1.2.3", "1,5", "٣",
  ])
  func anythingElseIsRefused(text: String) {
    #expect(Decimal.thousandths(text.utf8) == nil)
  }
}

@Suite struct ReplayedWeatherTests {
  private let rows = "temperature_c,relative_humidity_pct\n10,50\n20,60\n-10,0\n"

  @Test func eachReadingTakesTheNextRowAndTheFirstFollowsTheLast() throws {
    let weather = ReplayedWeather(try table(rows))
    let samples = try (0..<4).map { _ in try weather.next(wallMilliseconds: 0) }
    #expect(
      samples == [
        .climate(climate(10_000, 50_000)), .climate(climate(20_000, 60_000)), .climate(climate(-10_000, 0)),
        .climate(climate(10_000, 50_000)),
      ])
  }

  @Test func stepwiseRowsGoByTheClock() throws {
    let weather = ReplayedWeather(try table(rows), pace: .stepwise(csvRowMilliseconds: 1_000))
    let times: [UInt64] = [5_000, 5_999, 6_000, 7_999, 8_000, 4_000]
    let temperatures = try times.map { try weather.next(wallMilliseconds: $0).temperature }
    #expect(temperatures == [10_000, 10_000, 20_000, -10_000, 10_000, 10_000])
  }

  @Test func interpolatedRowsAreJoinedByStraightLines() throws {
    let weather = ReplayedWeather(try table(rows), pace: .interpolated(csvRowMilliseconds: 1_000))
    let times: [UInt64] = [5_000, 5_250, 6_000, 6_500, 7_500]
    let samples = try times.map { try weather.next(wallMilliseconds: $0) }
    #expect(
      samples == [
        .climate(climate(10_000, 50_000)), .climate(climate(12_500, 52_500)), .climate(climate(20_000, 60_000)),
        .climate(climate(5_000, 30_000)), .climate(climate(0, 25_000)),
      ])
  }

  @Test(arguments: [UInt64(0), 1, .max])
  func noPaceTraps(milliseconds: UInt64) throws {
    let weather = ReplayedWeather(try table(rows), pace: .interpolated(csvRowMilliseconds: milliseconds))
    for time in [UInt64(0), 1, .max / 2, .max] { _ = try weather.next(wallMilliseconds: time) }
  }
}

extension WeatherSample {
  /// The temperature of a climate; nil for anything else.
  var temperature: Int32? {
    if case .climate(let climate) = self { climate.temperatureMillidegrees } else { nil }
  }
}
