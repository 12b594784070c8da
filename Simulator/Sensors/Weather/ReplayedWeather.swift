/// Replays the rows of a table, and starts again at the first after the last.
public final class ReplayedWeather: WeatherSource {
  /// How fast the rows go by.
  public enum Pace: Equatable, Sendable {
    /// Each reading takes the next row, however far apart in time readings are.
    case rowPerReading
    /// A row every `csvRowMilliseconds` of the wall clock, from the first reading on.
    case stepwise(csvRowMilliseconds: UInt64)
    /// The same, with a straight line from each row to the next.
    case interpolated(csvRowMilliseconds: UInt64)
  }

  private let rows: [Climate]
  private let pace: Pace
  private var nextRow = 0
  private var startMilliseconds: UInt64?

  /// A replay from the first row of `table`, one row per reading unless told otherwise. A row takes 1 ms to 34 years.
  public init(_ table: ClimateTable, pace: Pace = .rowPerReading) {
    rows = table.rows
    self.pace = pace
  }

  /// The row that is due, or what lies between two.
  public func next(wallMilliseconds: UInt64) throws(WeatherError) -> WeatherSample {
    switch pace {
    case .rowPerReading:
      defer { nextRow = (nextRow + 1) % rows.count }
      return .climate(rows[nextRow])
    case .stepwise(let milliseconds):
      let (row, _) = position(wallMilliseconds, Self.bounded(milliseconds))
      return .climate(rows[row])
    case .interpolated(let milliseconds):
      let rowMilliseconds = Self.bounded(milliseconds)
      let (row, part) = position(wallMilliseconds, rowMilliseconds)
      let following = rows[(row + 1) % rows.count]
      return .climate(Self.interpolate(rows[row], following, Int64(part), of: Int64(rowMilliseconds)))
    }
  }

  /// Between 1 ms and 34 years, so that products below fit 64 bits.
  private static func bounded(_ milliseconds: UInt64) -> UInt64 {
    min(max(milliseconds, 1), 1 << 40)
  }

  /// The row at this time and the milliseconds since it began. A clock set back before the start shows the first row.
  private func position(_ wallMilliseconds: UInt64, _ rowMilliseconds: UInt64) -> (row: Int, part: UInt64) {
    let start = startMilliseconds ?? wallMilliseconds
    startMilliseconds = start
    let elapsed = wallMilliseconds < start ? 0 : wallMilliseconds - start
    return (Int(elapsed / rowMilliseconds % UInt64(rows.count)), elapsed % rowMilliseconds)
  }

  private static func interpolate(_ from: Climate, _ to: Climate, _ part: Int64, of whole: Int64) -> Climate {
    func between(_ first: Int32, _ second: Int32) -> Int32 {
      Int32(clamping: Int64(first) + (Int64(second) - Int64(first)) * part / whole)
    }
    var humidity = from.humidityMillipercent
    if let first = from.humidityMillipercent, let second = to.humidityMillipercent {
      humidity = between(first, second)
    }
    return Climate(
      temperatureMillidegrees: between(from.temperatureMillidegrees, to.temperatureMillidegrees),
      humidityMillipercent: humidity)
  }
}
