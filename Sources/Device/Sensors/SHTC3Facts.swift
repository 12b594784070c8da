/// What the SHTC3's data sheet (Sensirion) fixes: address, commands, times, identity, conversion.
enum SHTC3Facts {
  static let address: UInt8 = 0x70

  static let wake: UInt16 = 0x3517
  static let sleep: UInt16 = 0xB098
  static let softReset: UInt16 = 0x805D
  static let readIdentity: UInt16 = 0xEFC8
  /// Temperature first, polling (no clock stretching), normal power.
  static let measureNormal: UInt16 = 0x7866
  /// The same in low power: quicker, and less repeatable.
  static let measureLowPower: UInt16 = 0x609C

  static let identity: UInt16 = 0x0807
  static let identityMask: UInt16 = 0x083F

  /// The longest time from the wake-up command to the idle state (section 3).
  static let wakeMicroseconds: UInt64 = 240
  /// The longest time a soft reset takes (section 3).
  static let softResetMicroseconds: UInt64 = 240
  /// The longest measurement in normal and in low power mode (section 3).
  static let measureNormalMicroseconds: UInt64 = 12_100
  static let measureLowPowerMicroseconds: UInt64 = 800

  /// The range of temperatures that the sensor is specified for, in degrees Celsius (section 1).
  static let temperatureDegreesMin: Int8 = -40
  static let temperatureDegreesMax: Int8 = 125

  /// T = -45 + 175 * raw / 2^16. The product is at most 21,875 * 65,535 = 1,433,578,125 and fits 32 bits.
  static func temperatureMillidegrees(raw: UInt16) -> Int32 {
    Int32(truncatingIfNeeded: (21_875 &* UInt32(raw)) &>> 13) &- 45_000
  }

  /// RH = 100 * raw / 2^16. The product is at most 819,187,500.
  static func humidityMillipercent(raw: UInt16) -> Int32 {
    Int32(truncatingIfNeeded: (12_500 &* UInt32(raw)) &>> 13)
  }
}
