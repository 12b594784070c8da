/// How long segments of one board are under way, retransmissions included.
struct Transit {
  /// A segment on an Ethernet without options, which is lost or arrives as a whole (RFC 9293, MSS for IPv4).
  static let segmentByteCountMax = 1460
  /// The first retransmission timeout, Linux's least (TCP_RTO_MIN); it doubles each time.
  static let timeoutMilliseconds: UInt64 = 200
  /// The longest retransmission timeout (RFC 6298, section 2.5).
  static let timeoutMillisecondsMax: UInt64 = 60_000
  /// Tries after which a segment is given up (Linux, tcp_retries2, and the first).
  static let tryCountMax = 16

  private let profile: FaultProfile
  private let startMilliseconds: UInt64
  private var random: SplitMix64
  private var lossCount = 0

  init(_ profile: FaultProfile, seed: UInt64, startMilliseconds: UInt64) {
    self.profile = profile
    self.startMilliseconds = startMilliseconds
    random = SplitMix64(seed: seed, stream: 3)
  }

  /// Another one with the same profile and its own random numbers, for one connection.
  mutating func split() -> Transit {
    Transit(profile, seed: random.next(), startMilliseconds: startMilliseconds)
  }

  /// Tries at which a segment did not arrive, since the last call.
  mutating func takeLossCount() -> Int {
    defer { lossCount = 0 }
    return lossCount
  }

  /// When a segment arrives that is sent now, apart from those ahead of it, of which the last arrives at `earlier`; never
  /// is `UInt64.max`.
  mutating func arrival(sentAtMilliseconds now: UInt64, behind earlier: UInt64 = 0) -> UInt64 {
    guard earlier < .max else { return .max }
    var time = now
    var timeout = Self.timeoutMilliseconds
    for _ in 0..<Self.tryCountMax {
      let isLost = profile.lossPer100000 > 0 && UInt32.random(in: 0..<100_000, using: &random) < profile.lossPer100000
      if !isLost, !profile.isDown(atMilliseconds: time - startMilliseconds) {
        return time + UInt64.random(in: profile.latencyMilliseconds, using: &random)
      }
      lossCount += 1
      if time + timeout < earlier {
        // The arrival of an earlier one tells the sender of the gap behind it (RFC 6582), before timeouts have grown.
        time = earlier
      } else {
        time += timeout
        timeout = min(2 * timeout, Self.timeoutMillisecondsMax)
      }
    }
    return .max
  }
}
