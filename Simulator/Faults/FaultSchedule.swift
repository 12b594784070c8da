import Glibc

/// When the connections of one board are reset and cut. It depends on profile and seed alone, not on what the network
/// does: the same moments come again with the same seed, whether there is a connection then or not.
struct FaultSchedule {
  enum Fault {
    case reset
    case cut
  }

  private var reset: PoissonProcess?
  private var cut: PoissonProcess?

  init(_ profile: FaultProfile, seed: UInt64, startMilliseconds start: UInt64) {
    reset = profile.reset.map { PoissonProcess($0, SplitMix64(seed: seed, stream: 1), startMilliseconds: start) }
    cut = profile.cut.map { PoissonProcess($0, SplitMix64(seed: seed, stream: 2), startMilliseconds: start) }
  }

  /// When the next fault comes.
  var nextMilliseconds: UInt64? {
    guard let reset, let cut else { return (reset ?? cut)?.nextMilliseconds }
    return min(reset.nextMilliseconds, cut.nextMilliseconds)
  }

  /// The fault that was due first, until none is due any more.
  mutating func takeDue(_ now: UInt64) -> Fault? {
    guard let next = nextMilliseconds, next <= now else { return nil }
    if reset?.nextMilliseconds == next {
      reset?.advance()
      return .reset
    }
    cut?.advance()
    return .cut
  }
}

/// Moments at a mean rate that know nothing of each other.
struct PoissonProcess {
  private(set) var nextMilliseconds: UInt64
  private let meanMilliseconds: Double
  private var random: SplitMix64

  init(_ rate: FaultProfile.Rate, _ random: SplitMix64, startMilliseconds: UInt64) {
    meanMilliseconds = rate.meanMilliseconds
    self.random = random
    nextMilliseconds = startMilliseconds
    advance()
  }

  /// Goes on to the next moment, at least a millisecond later.
  mutating func advance() {
    // Times between the moments are distributed exponentially. From 53 random bits, a fraction below 1: not by the
    // standard library, whose way there may change, and with it what a seed means.
    let fraction = Double(random.next() >> 11) * 0x1p-53
    let gap = -log(1 - fraction) * meanMilliseconds
    nextMilliseconds += max(1, UInt64(gap.rounded()))
  }
}
