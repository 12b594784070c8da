import Device
public import HAL

/// What is around a simulated sensor: temperature in thousandths of a degree Celsius, relative humidity in
/// thousandths of a percent.
public struct Climate: Equatable, Sendable {
  /// Thousandths of a degree Celsius.
  public var temperatureMillidegrees: Int32
  /// Thousandths of a percent; nil where the source knows none.
  public var humidityMillipercent: Int32?

  /// A climate; without a humidity where none is known.
  public init(temperatureMillidegrees: Int32, humidityMillipercent: Int32?) {
    self.temperatureMillidegrees = temperatureMillidegrees
    self.humidityMillipercent = humidityMillipercent
  }
}

/// A bus with one SHTC3 on it, simulated at the level of its commands: sleep and wake-up, measuring times, temperature
/// or humidity first, polling and clock stretching, normal and low power, identity, soft reset, checksums.
///
/// It follows the data sheet's sections 3 (timing) and 5 (operation): asleep it acknowledges the wake-up command only; while it
/// wakes up, resets or measures it acknowledges nothing, but for a read after a clock-stretching command. Time comes
/// from a closure, so a year of measurements takes seconds.
public struct SimulatedSHTC3: I2CBus, ~Copyable {
  /// Things that can be wrong with the sensor.
  public struct Faults: Equatable, Sendable {
    /// Nobody answers at the address.
    public var isAbsent = false
    /// A line is held low: every transfer fails.
    public var isBusStuck = false
    /// A measurement never becomes ready.
    public var isNeverReady = false
    /// Every n-th checksum sent, counted over all words, has a wrong bit; 0 for none.
    public var corruptChecksumEvery = 0

    /// A sensor without a fault.
    public init() {}
  }

  /// The sensor's 7-bit address.
  public static let address: UInt8 = 0x70
  /// From power-up, wake-up or reset to the idle state, at most.
  public static let wakeMicroseconds: UInt64 = 240
  /// A measurement in normal mode, at most.
  public static let normalMicroseconds: UInt64 = 12_100
  /// A measurement in low power mode, at most.
  public static let lowPowerMicroseconds: UInt64 = 800

  /// What is wrong with the sensor; to be changed at any time.
  public var faults = Faults()
  /// The word that the sensor tells as its identity.
  public var identity: UInt16 = 0x0887
  /// How long the sensor has held the clock of the bus, in all. (The simulation does not wait.)
  public private(set) var stretchedMicroseconds: UInt64 = 0
  /// How many measurements were started.
  public private(set) var measurementCount = 0

  private enum State: Equatable {
    case asleep
    case idle
    /// Waking up or resetting.
    case starting(untilMicroseconds: UInt64)
    case measuring(untilMicroseconds: UInt64, stretches: Bool)
  }

  private let microseconds: () -> UInt64
  private let climate: () -> Climate
  private var state: State
  /// What the next read brings; empty when there is nothing to read.
  private var reply: [UInt8] = []
  private var checksumCount = 0

  /// A sensor that is powered up now. `microseconds` is a monotonic clock; `climate` is asked at the start of each
  /// measurement, and where it knows no humidity the sensor measures 0 %.
  public init(microseconds: @escaping () -> UInt64, climate: @escaping () -> Climate) {
    self.microseconds = microseconds
    self.climate = climate
    state = .starting(untilMicroseconds: microseconds() + Self.wakeMicroseconds)
  }

  /// Whether the sensor is in its sleep mode.
  public var isAsleep: Bool { state == .asleep }

  /// Takes a command; anything else is not acknowledged.
  public mutating func write(_ bytes: Span<UInt8>, to address: UInt8) throws(I2CError) {
    try checkBus(address)
    settle()
    guard bytes.count == 2, let command = Command(rawValue: UInt16(bytes[0]) << 8 | UInt16(bytes[1])) else {
      throw .notAcknowledged(address: address)
    }
    switch (state, command) {
    case (.asleep, .wake), (.idle, _): perform(command)
    default: throw .notAcknowledged(address: address)
    }
  }

  /// Brings the reply to the last command; bytes behind its end are 0xFF, as on an idle bus.
  public mutating func read(into output: inout MutableSpan<UInt8>, from address: UInt8) throws(I2CError) {
    try checkBus(address)
    settle()
    if case .measuring(let until, stretches: true) = state {
      guard !faults.isNeverReady else { throw .busStuck }
      stretchedMicroseconds += until - microseconds()
      state = .idle
    }
    guard state == .idle, !reply.isEmpty else { throw .notAcknowledged(address: address) }
    for index in output.indices { output[index] = index < reply.count ? reply[index] : 0xFF }
    reply = []
  }

  private func checkBus(_ address: UInt8) throws(I2CError) {
    guard !faults.isBusStuck else { throw .busStuck }
    guard address == Self.address, !faults.isAbsent else { throw .notAcknowledged(address: address) }
  }

  /// Ends what time has ended.
  private mutating func settle() {
    switch state {
    case .starting(let until) where microseconds() >= until: state = .idle
    case .measuring(let until, _) where microseconds() >= until && !faults.isNeverReady: state = .idle
    default: break
    }
  }

  private mutating func perform(_ command: Command) {
    reply = []
    switch command {
    case .sleep: state = .asleep
    case .wake, .softReset: state = .starting(untilMicroseconds: microseconds() + Self.wakeMicroseconds)
    case .readIdentity: reply = word(identity)
    default:
      guard let measurement = command.measurement else { return }
      let now = climate()
      let temperature = word(Self.raw(temperatureMillidegrees: now.temperatureMillidegrees))
      let humidity = word(Self.raw(humidityMillipercent: now.humidityMillipercent ?? 0))
      reply = measurement.temperatureFirst ? temperature + humidity : humidity + temperature
      let duration = measurement.lowPower ? Self.lowPowerMicroseconds : Self.normalMicroseconds
      state = .measuring(untilMicroseconds: microseconds() + duration, stretches: measurement.stretches)
      measurementCount += 1
    }
  }

  private mutating func word(_ value: UInt16) -> [UInt8] {
    checksumCount += 1
    let isCorrupt = faults.corruptChecksumEvery > 0 && checksumCount % faults.corruptChecksumEvery == 0
    let checksum = CRC8.checksum(of: value)
    return [UInt8(value >> 8), UInt8(value & 0xFF), isCorrupt ? checksum ^ 0x01 : checksum]
  }
}

extension SimulatedSHTC3 {
  /// The nearest raw word for a temperature; the ends of the scale beyond -45 and 130 degrees.
  static func raw(temperatureMillidegrees: Int32) -> UInt16 {
    UInt16(clamping: ((Int64(temperatureMillidegrees) + 45_000) * 8_192 + 10_937) / 21_875)
  }

  /// The nearest raw word for a relative humidity; the ends of the scale beyond 0 and 100 %.
  static func raw(humidityMillipercent: Int32) -> UInt16 {
    UInt16(clamping: (Int64(humidityMillipercent) * 8_192 + 6_250) / 12_500)
  }

  /// The commands of the data sheet's section 5, written down apart from the driver's.
  private enum Command: UInt16 {
    case sleep = 0xB098
    case wake = 0x3517
    case softReset = 0x805D
    case readIdentity = 0xEFC8
    case normalTemperatureFirst = 0x7866
    case normalHumidityFirst = 0x58E0
    case normalTemperatureFirstStretching = 0x7CA2
    case normalHumidityFirstStretching = 0x5C24
    case lowPowerTemperatureFirst = 0x609C
    case lowPowerHumidityFirst = 0x401A
    case lowPowerTemperatureFirstStretching = 0x6458
    case lowPowerHumidityFirstStretching = 0x44DE

    /// How a measuring command measures; nil for the others.
    var measurement: (temperatureFirst: Bool, lowPower: Bool, stretches: Bool)? {
      switch self {
      case .sleep, .wake, .softReset, .readIdentity: nil
      case .normalTemperatureFirst: (true, false, false)
      case .normalHumidityFirst: (false, false, false)
      case .normalTemperatureFirstStretching: (true, false, true)
      case .normalHumidityFirstStretching: (false, false, true)
      case .lowPowerTemperatureFirst: (true, true, false)
      case .lowPowerHumidityFirst: (false, true, false)
      case .lowPowerTemperatureFirstStretching: (true, true, true)
      case .lowPowerHumidityFirstStretching: (false, true, true)
      }
    }
  }
}
