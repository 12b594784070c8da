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
  private var phase = Phase.idle

  private enum Phase: Equatable {
    case idle
    /// A measurement is wanted, and the station has not told its climate yet.
    case waitingForStation
    case measuring
    /// The measurement failed; the next one is of the same climate, so that no line or row is lost.
    case failed
  }

  /// A sensor in the weather of `station`, by the monotonic clock `microseconds`.
  public init(station: WeatherStation, microseconds: @escaping () -> UInt64) {
    self.station = station
    driver = SHTC3(bus: SimulatedSHTC3(microseconds: microseconds) { station.climate })
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
      let progress = try driver.poll(nowMilliseconds: nowMilliseconds)
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
    driver.begin(nowMilliseconds: nowMilliseconds)
  }
}
