public import HAL

/// How the SHTC3 measures.
public enum SHTC3Mode: UInt8, Equatable {
  /// Up to 12.1 ms, best repeatability.
  case normal
  /// Up to 0.8 ms, less repeatable.
  case lowPower
}

/// Where a measurement is. Each state but `idle` has a time before which there is nothing to do.
enum SHTC3State {
  /// Nothing was asked for; the sensor sleeps.
  case idle
  /// An attempt starts then.
  case scheduled
  /// The wake-up command was sent.
  case waking
  /// The soft reset was sent.
  case resetting
  /// The measurement was started.
  case measuring
}

/// Driver of the Sensirion SHTC3, a temperature and humidity sensor at I2C address 0x70.
///
/// A measurement is: wake, measure, read six bytes, check both checksums, sleep. It takes 16 ms on a clock of whole
/// milliseconds (5 ms in low power mode). The first one, and each one after a failure, starts with a soft reset and the
/// check of the identity, 2 ms more. A failed attempt is repeated after `retryPauseMilliseconds`; after `attemptsMax`
/// failed ones - after 106 ms at most, by default - `poll` throws the last error, and the next `begin` starts over. A
/// call does at most three transfers on the bus, so it takes as long as these do.
public struct SHTC3<Bus: I2CBus & ~Copyable>: Sensor, ~Copyable {
  /// Attempts per measurement by default.
  public static var attemptsMaxDefault: Int { 3 }
  /// How often a measurement that takes longer than the data sheet says is asked for, once each millisecond.
  public static var pollsMax: Int { 5 }
  /// The pause before another attempt in milliseconds: longer than a measurement that may still run.
  public static var retryPauseMilliseconds: UInt64 { 20 }

  /// The bus, for whoever shares it between polls.
  public var bus: Bus
  private let mode: SHTC3Mode
  private let attemptsMax: Int
  private var state = SHTC3State.idle
  /// When the state is over.
  private var dueMilliseconds: UInt64 = 0
  /// How often the measurement was found not ready.
  private var polls = 0
  private var failedAttempts = 0
  /// Whether the sensor was reset and told its identity since the last failure.
  private var isIdentified = false

  /// A driver that owns `bus`; nothing is sent before the first `begin` and `poll`. `attemptsMax` below 1 means 1.
  public init(bus: consuming Bus, mode: SHTC3Mode = .normal, attemptsMax: Int = Self.attemptsMaxDefault) {
    self.bus = bus
    self.mode = mode
    self.attemptsMax = attemptsMax
  }

  /// Schedules a measurement; harmless while one runs.
  public mutating func begin(nowMilliseconds: UInt64) {
    guard state == .idle else { return }
    failedAttempts = 0
    enter(.scheduled, nowMilliseconds)
  }

  private mutating func enter(_ next: SHTC3State, _ due: UInt64) { (state, dueMilliseconds) = (next, due) }

  /// Does the step that is due, if any.
  public mutating func poll(nowMilliseconds: UInt64) throws(SensorError) -> SensorProgress {
    guard state != .idle else { return .idle }
    guard nowMilliseconds >= dueMilliseconds else { return .waiting(untilMilliseconds: dueMilliseconds) }
    do throws(SensorError) {
      if let measurement = try advance(nowMilliseconds) { return .ready(measurement) }
    } catch {
      try retry(after: error, nowMilliseconds)
    }
    return .waiting(untilMilliseconds: dueMilliseconds)
  }

  /// All transitions of an attempt that succeeds; `retry` has those of one that fails.
  private mutating func advance(_ nowMilliseconds: UInt64) throws(SensorError) -> Measurement? {
    switch state {
    case .idle: break
    case .scheduled:
      try send(SHTC3Facts.wake)
      enter(.waking, Self.deadline(nowMilliseconds, SHTC3Facts.wakeMicroseconds))
    case .waking where !isIdentified:
      try send(SHTC3Facts.softReset)
      enter(.resetting, Self.deadline(nowMilliseconds, SHTC3Facts.softResetMicroseconds))
    case .resetting, .waking:
      if !isIdentified { try checkIdentity() }
      isIdentified = true
      let isNormal = mode == .normal
      try send(isNormal ? SHTC3Facts.measureNormal : SHTC3Facts.measureLowPower)
      let microseconds = isNormal ? SHTC3Facts.measureNormalMicroseconds : SHTC3Facts.measureLowPowerMicroseconds
      enter(.measuring, Self.deadline(nowMilliseconds, microseconds))
      polls = 0
    case .measuring:
      if let measurement = try readMeasurement() {
        // The measurement is good even when the sensor does not go to sleep; then it is reset next time.
        isIdentified = (try? send(SHTC3Facts.sleep)) != nil
        state = .idle
        return measurement
      }
      polls &+= 1
      guard polls < Self.pollsMax else { throw .stillBusy(polls: polls) }
      enter(.measuring, nowMilliseconds &+ 1)
    }
    return nil
  }

  /// Schedules the next attempt, or ends with `error` after the last.
  private mutating func retry(after error: SensorError, _ nowMilliseconds: UInt64) throws(SensorError) {
    isIdentified = false
    failedAttempts &+= 1
    guard failedAttempts < attemptsMax, error.kind != .wrongDevice else {
      state = .idle
      if error.kind == .corrupted { try? send(SHTC3Facts.sleep) }
      throw error
    }
    enter(.scheduled, nowMilliseconds &+ Self.retryPauseMilliseconds)
  }

  /// The first tick of the millisecond clock at which `microseconds` have passed for certain since a command whose
  /// transfer began at `nowMilliseconds`: one tick more, because `nowMilliseconds` may have been about to change,
  /// and 400 us for the transfer of three bytes at 100 kHz.
  static func deadline(_ nowMilliseconds: UInt64, _ microseconds: UInt64) -> UInt64 {
    nowMilliseconds &+ (microseconds &+ 400 &+ 999) / 1_000 &+ 1
  }
}

// MARK: Transfers

extension SHTC3 where Bus: ~Copyable {
  @inline(never)
  private mutating func send(_ command: UInt16) throws(SensorError) {
    let bytes: InlineArray<2, UInt8> = [UInt8(truncatingIfNeeded: command &>> 8), UInt8(truncatingIfNeeded: command)]
    do throws(I2CError) {
      try bus.write(bytes.span, to: SHTC3Facts.address)
    } catch {
      throw SensorError(error)
    }
  }

  private mutating func checkIdentity() throws(SensorError) {
    try send(SHTC3Facts.readIdentity)
    var reply = InlineArray<3, UInt8>(repeating: 0)
    var output = reply.mutableSpan
    do throws(I2CError) {
      try bus.read(into: &output, from: SHTC3Facts.address)
    } catch {
      throw SensorError(error)
    }
    let identity = try Self.word(.identity, at: 0, of: reply.span)
    guard identity & SHTC3Facts.identityMask == SHTC3Facts.identity else {
      throw .wrongIdentity(expected: SHTC3Facts.identity, mask: SHTC3Facts.identityMask, got: identity)
    }
  }

  /// Nil as long as the sensor measures: in polling mode it does not acknowledge then.
  private mutating func readMeasurement() throws(SensorError) -> Measurement? {
    var reply = InlineArray<6, UInt8>(repeating: 0)
    var output = reply.mutableSpan
    do throws(I2CError) {
      try bus.read(into: &output, from: SHTC3Facts.address)
    } catch .notAcknowledged {
      return nil
    } catch {
      throw SensorError(error)
    }
    let temperature = SHTC3Facts.temperatureMillidegrees(raw: try Self.word(.temperature, at: 0, of: reply.span))
    let humidity = SHTC3Facts.humidityMillipercent(raw: try Self.word(.humidity, at: 3, of: reply.span))
    let (minimum, maximum) = (SHTC3Facts.temperatureDegreesMin, SHTC3Facts.temperatureDegreesMax)
    guard temperature >= 1_000 &* Int32(minimum), temperature <= 1_000 &* Int32(maximum) else {
      throw .temperatureOutOfRange(got: temperature, minimumDegrees: minimum, maximumDegrees: maximum)
    }
    return Measurement(temperatureMillidegrees: temperature, humidityMillipercent: humidity)
  }

  /// The word at `offset`, if the checksum behind it is right.
  private static func word(
    _ word: SensorWord, at offset: Int, of reply: Span<UInt8>
  ) throws(SensorError) -> UInt16 {
    let value = UInt16(reply[offset]) &<< 8 | UInt16(reply[offset &+ 1])
    let expected = CRC8.checksum(of: value)
    guard reply[offset &+ 2] == expected else {
      throw .checksumMismatch(word: word, expected: expected, got: reply[offset &+ 2])
    }
    return value
  }
}

extension SensorError {
  fileprivate init(_ error: I2CError) {
    switch error {
    case .notAcknowledged(let address): self = .notAcknowledged(address: address)
    case .busStuck: self = .busStuck
    case .failed(let code): self = .busFailed(code: code)
    }
  }
}
