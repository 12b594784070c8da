public import Device

/// The weather around one simulated board, shared by its sensor and by whoever runs the board.
public final class WeatherStation {
  /// Whether the source has ended: there will be no more readings, and the run may end.
  public private(set) var hasEnded = false
  /// Why the source failed; there will be no more readings, and the run has failed.
  public private(set) var failure: WeatherError?
  /// Whether there will be no more readings, for either reason.
  public var isOver: Bool { hasEnded || failure != nil }
  /// The climate of the current reading.
  public private(set) var climate = Climate(temperatureMillidegrees: 0, humidityMillipercent: nil)

  private let source: any WeatherSource
  private let wallMilliseconds: () -> UInt64

  /// A station for `source`, by the clock `wallMilliseconds` (UTC since 1970-01-01).
  public init(source: any WeatherSource, wallMilliseconds: @escaping () -> UInt64) {
    self.source = source
    self.wallMilliseconds = wallMilliseconds
  }

  /// Takes the climate for the next reading; false when there is none (yet).
  public func advance() -> Bool {
    guard !isOver else { return false }
    do throws(WeatherError) {
      switch try source.next(wallMilliseconds: wallMilliseconds()) {
      case .climate(let next):
        climate = next
        return true
      case .notYet: return false
      case .ended: hasEnded = true
      }
    } catch {
      failure = error
    }
    return false
  }
}

/// The SHTC3 driver on a simulated SHTC3, in the weather of a station: a measurement starts when the station has a
/// climate for it, and has no humidity where the station knows none (a real SHTC3 always measures one).
public struct SimulatedSensor: Sensor, ~Copyable {
  /// How often a station that has no climate yet is asked, in milliseconds.
  public static let stationPollMilliseconds: UInt64 = 20

  /// The driver; its `bus` has the simulated chip's faults.
  public var driver: SHTC3<SimulatedSHTC3>
  /// Where the climate comes from; says whether there will be more.
  public let station: WeatherStation
  private let skippedTime: SkippedTime?
  private var phase = Phase.idle

  private enum Phase: Equatable {
    case idle
    /// A measurement is wanted, and the station has not told its climate yet.
    case waitingForStation
    case measuring
    /// The measurement failed; the next one is of the same climate, so that no line or row is lost.
    case failed
  }

  /// A sensor in the weather of `station`, by the monotonic clock `microseconds`: it takes as long as a real one,
  /// which is 16 ms for a measurement.
  public init(station: WeatherStation, microseconds: @escaping () -> UInt64) {
    self.station = station
    skippedTime = nil
    driver = SHTC3(bus: SimulatedSHTC3(microseconds: microseconds) { station.climate })
  }

  /// A sensor in the weather of `station` for which no time goes by: driver and chip do the same as ever, on a clock
  /// of their own that jumps to each deadline. For more readings a second than a real SHTC3 can make.
  public init(skippingTimeAt station: WeatherStation) {
    let time = SkippedTime()
    self.station = station
    skippedTime = time
    driver = SHTC3(bus: SimulatedSHTC3(microseconds: { time.microseconds }) { station.climate })
  }

  /// Asks for a measurement of the station's next climate.
  public mutating func begin(nowMilliseconds: UInt64) {
    switch phase {
    case .idle: phase = .waitingForStation
    case .failed: measure(nowMilliseconds)
    case .waitingForStation, .measuring: break
    }
  }

  /// Does what is due; `idle` for good once the station has ended or failed.
  public mutating func poll(nowMilliseconds: UInt64) throws(SensorError) -> SensorProgress {
    if phase == .waitingForStation {
      if station.advance() {
        measure(nowMilliseconds)
      } else if station.isOver {
        phase = .idle
      } else {
        return .waiting(untilMilliseconds: nowMilliseconds &+ Self.stationPollMilliseconds)
      }
    }
    do throws(SensorError) {
      let progress = try advanceDriver(nowMilliseconds)
      guard case .ready(var measurement) = progress else { return progress }
      phase = .idle
      if station.climate.humidityMillipercent == nil { measurement.humidityMillipercent = nil }
      return .ready(measurement)
    } catch {
      phase = .failed
      throw error
    }
  }

  private mutating func measure(_ nowMilliseconds: UInt64) {
    phase = .measuring
    driver.begin(nowMilliseconds: skippedTime?.milliseconds ?? nowMilliseconds)
  }

  private mutating func advanceDriver(_ nowMilliseconds: UInt64) throws(SensorError) -> SensorProgress {
    guard let skippedTime else { return try driver.poll(nowMilliseconds: nowMilliseconds) }
    for _ in 0..<Self.skippedStepsMax {
      let progress = try driver.poll(nowMilliseconds: skippedTime.milliseconds)
      guard case .waiting(let until) = progress else { return progress }
      skippedTime.milliseconds = until
    }
    return .waiting(untilMilliseconds: nowMilliseconds &+ 1)
  }

  /// More steps than the driver takes for a measurement with all its attempts.
  private static let skippedStepsMax = 100
}

/// A clock that only jumps.
private final class SkippedTime {
  var milliseconds: UInt64 = 0
  var microseconds: UInt64 { milliseconds * 1_000 }
}
