/// Random numbers that the same seed gives again, on every machine (SplitMix64; Steele, Lea and Flood, 2014).
struct SplitMix64: RandomNumberGenerator {
  private static let step: UInt64 = 0x9E37_79B9_7F4A_7C15
  private(set) var state: UInt64

  /// One of many sequences of a seed, each with numbers of its own.
  init(seed: UInt64, stream: UInt64) {
    state = Self.mix(seed &+ stream &* Self.step)
  }

  mutating func next() -> UInt64 {
    defer { state &+= Self.step }
    return Self.mix(state)
  }

  /// Its output for one state: each bit of `value` changes about half of the result's.
  static func mix(_ value: UInt64) -> UInt64 {
    var mixed = value &+ step
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
