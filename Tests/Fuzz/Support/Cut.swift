/// Ways to cut a stream into pieces: what is read from it may not depend on that.
enum Cut: CaseIterable {
  /// All in one piece.
  case none
  /// One byte in each piece.
  case everywhere
  /// Pieces of 0 to 15 bytes, mostly short ones. Where they end depends on the bytes alone, so that an input that
  /// libFuzzer kept gives the same pieces again.
  case mixed

  /// Where the pieces of `bytes` lie.
  func pieces(of bytes: [UInt8]) -> [Range<Int>] {
    switch self {
    case .none: return [0..<bytes.count]
    // A read of nothing is one, too: with it the time is looked at.
    case .everywhere: return bytes.isEmpty ? [0..<0] : bytes.indices.map { $0..<$0 + 1 }
    case .mixed:
      var random = bytes.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
      var pieces: [Range<Int>] = []
      var start = 0
      while start < bytes.count {
        random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let end = min(bytes.count, start + Int(random >> 60) & Int(random >> 56))
        pieces.append(start..<end)
        start = end
      }
      return pieces
    }
  }
}
