/// Random numbers of one actor in a simulated world: SplitMix64, started from the world's seed and the actor's own
/// number, so that one actor more, or one that draws more often, changes nothing for the others.
///
/// Source: G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
struct SimulationRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  init(seed: UInt64, actor: UInt64) {
    state = Self.mix(seed &+ 0x9E37_79B9_7F4A_7C15) ^ Self.mix(actor &* 0xD134_2543_DE82_EF95 &+ 1)
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return Self.mix(state)
  }

  /// Uniform in 0..<`bound`; 0 when `bound` is 0.
  mutating func below(_ bound: UInt64) -> UInt64 { next().multipliedFullWidth(by: bound).high }

  mutating func below(_ bound: Int) -> Int { Int(truncatingIfNeeded: below(UInt64(truncatingIfNeeded: max(0, bound)))) }

  /// True in `perMillion` of a million cases.
  mutating func chance(_ perMillion: Int) -> Bool {
    guard perMillion > 0 else { return false }
    return below(1_000_000) < perMillion
  }

  /// Uniform in `range`.
  mutating func within(_ range: ClosedRange<UInt64>) -> UInt64 {
    range.lowerBound + below(range.upperBound - range.lowerBound + 1)
  }

  /// Within `range`, each power of two as likely as the others: short ones often, long ones now and then.
  mutating func spread(_ range: ClosedRange<UInt64>) -> UInt64 {
    let low = max(1, range.lowerBound)
    guard range.upperBound > low else { return range.lowerBound }
    let doublings = (UInt64.bitWidth - (range.upperBound / low).leadingZeroBitCount)
    let floor = low << UInt64(below(doublings))
    return min(range.upperBound, floor + below(floor))
  }

  static func mix(_ value: UInt64) -> UInt64 {
    var mixed = value
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
