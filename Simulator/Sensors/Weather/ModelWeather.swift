/// Weather made up by a formula of the wall clock and a seed: the season, the hour of the day (UTC), a slow drift over
/// days as of passing fronts, and a little noise as of a real sensor. The same time and seed give the same weather, on
/// every machine: all of it is integer arithmetic.
public final class ModelWeather: WeatherSource {
  /// The yearly mean, and how far season, time of day, drift and noise go from it, in thousandths of a degree.
  static let meanMillidegrees: Int64 = 10_000
  static let seasonMillidegrees: Int64 = 9_000
  static let dayMillidegrees: Int64 = 5_000
  static let driftMillidegrees: Int64 = 3_000
  static let noiseMillidegrees: Int64 = 30

  private static let dayMilliseconds: UInt64 = 86_400_000
  /// 365.2425 days.
  private static let yearMilliseconds: UInt64 = 31_556_952_000
  /// The warmest time of the year and of the day: about 20 July, 15 h.
  private static let warmestOfYearMilliseconds: UInt64 = 200 * dayMilliseconds
  private static let warmestOfDayMilliseconds: UInt64 = 15 * 3_600_000
  private static let frontMilliseconds: UInt64 = 2 * dayMilliseconds

  private let seed: UInt64

  /// Weather of one place; places with other seeds have other fronts and other noise.
  public init(seed: UInt64) {
    self.seed = seed
  }

  /// The climate at `wallMilliseconds`; there always is one.
  public func next(wallMilliseconds: UInt64) throws(WeatherError) -> WeatherSample {
    .climate(climate(wallMilliseconds: wallMilliseconds))
  }

  /// The climate at `wallMilliseconds`.
  public func climate(wallMilliseconds: UInt64) -> Climate {
    let season = Self.cosine(wallMilliseconds, Self.yearMilliseconds, peak: Self.warmestOfYearMilliseconds)
    let day = Self.cosine(wallMilliseconds, Self.dayMilliseconds, peak: Self.warmestOfDayMilliseconds)
    let front = drift(wallMilliseconds, stream: 1)
    let noise =
      Int64(hash(wallMilliseconds, stream: 2) % UInt64(2 * Self.noiseMillidegrees + 1)) - Self.noiseMillidegrees
    let temperature =
      Self.meanMillidegrees + Self.seasonMillidegrees * season / Self.one + Self.dayMillidegrees * day / Self.one
      + Self.driftMillidegrees * front / Self.one + noise
    // The air holds about the same water all day, so it is drier when it is warm.
    let moisture = drift(wallMilliseconds, stream: 3)
    let damp = Int64(hash(wallMilliseconds, stream: 4) % 201) - 100
    let humidity = 65_000 - 17_000 * day / Self.one + 15_000 * moisture / Self.one + damp
    return Climate(
      temperatureMillidegrees: Int32(clamping: temperature),
      humidityMillipercent: Int32(clamping: min(max(humidity, 10_000), 99_000)))
  }

  /// What stands for 1 in fractions.
  private static let one: Int64 = 1 << 16

  /// The cosine of the time within `period`, 1 at `peak`, by Bhaskara's formula (error below 0.002).
  static func cosine(_ time: UInt64, _ period: UInt64, peak: UInt64) -> Int64 {
    let half = Int64(period / 2)
    // The phase runs from the middle of the rising side, where the cosine is the start of a sine.
    let phase = Int64((time % period + period - peak % period + period / 4) % period)
    let isNegative = phase >= half
    let angle = (isNegative ? phase - half : phase) * one / half
    let product = angle * (one - angle) / one
    let sine = 16 * product * one / (5 * one - 4 * product)
    return isNegative ? -sine : sine
  }

  /// A random curve between -1 and 1 without jumps or corners: random values every `frontMilliseconds`.
  private func drift(_ time: UInt64, stream: UInt64) -> Int64 {
    let knot = time / Self.frontMilliseconds
    let part = Int64(time % Self.frontMilliseconds) * Self.one / Int64(Self.frontMilliseconds)
    let smooth = part * part / Self.one * (3 * Self.one - 2 * part) / Self.one
    let before = Int64(hash(knot, stream: stream) % UInt64(2 * Self.one)) - Self.one
    let after = Int64(hash(knot &+ 1, stream: stream) % UInt64(2 * Self.one)) - Self.one
    return before + (after - before) * smooth / Self.one
  }

  /// SplitMix64's output function over seed, stream and value.
  private func hash(_ value: UInt64, stream: UInt64) -> UInt64 {
    SplitMix64.mix(SplitMix64(seed: seed, stream: stream).state ^ value)
  }
}
