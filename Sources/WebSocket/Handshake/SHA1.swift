/// SHA-1 (FIPS 180-4), only for the accept value of the opening handshake, where it guards nothing
/// (RFC 6455, section 10.8).
struct SHA1 {
  private var state: (UInt32, UInt32, UInt32, UInt32, UInt32) =
    (0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0)
  private var block = InlineArray<64, UInt8>(repeating: 0)
  private var blockCount = 0
  private var totalBytes: UInt64 = 0

  static let digestSize = 20

  mutating func update(_ byte: UInt8) {
    block[blockCount] = byte
    blockCount &+= 1
    totalBytes &+= 1
    if blockCount == 64 { compress() }
  }

  mutating func update(_ bytes: Span<UInt8>) {
    for index in bytes.indices { update(bytes[index]) }
  }

  mutating func finalize() -> InlineArray<20, UInt8> {
    let totalBits = totalBytes &* 8
    update(0x80)
    while blockCount != 56 { update(0) }
    for shift in stride(from: UInt64(56), through: 0, by: -8) { update(UInt8(truncatingIfNeeded: totalBits &>> shift)) }
    var digest = InlineArray<20, UInt8>(repeating: 0)
    let words: InlineArray<5, UInt32> = [state.0, state.1, state.2, state.3, state.4]
    for index in 0..<20 {
      digest[index] = UInt8(truncatingIfNeeded: words[index / 4] &>> UInt32(truncatingIfNeeded: 24 &- 8 &* (index & 3)))
    }
    return digest
  }

  private mutating func compress() {
    var words = InlineArray<80, UInt32>(repeating: 0)
    for index in 0..<64 { words[index / 4] = words[index / 4] &<< 8 | UInt32(truncatingIfNeeded: block[index]) }
    for index in 16..<80 {
      let mixed = words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16]
      words[index] = mixed &<< 1 | mixed &>> 31
    }
    var (a, b, c, d, e) = state
    for index in 0..<80 {
      let (mix, constant): (UInt32, UInt32) =
        switch index {
        case 0..<20: (b & c | ~b & d, 0x5A82_7999)
        case 20..<40: (b ^ c ^ d, 0x6ED9_EBA1)
        case 40..<60: (b & c | b & d | c & d, 0x8F1B_BCDC)
        default: (b ^ c ^ d, 0xCA62_C1D6)
        }
      let sum = (a &<< 5 | a &>> 27) &+ mix &+ e &+ constant &+ words[index]
      (a, b, c, d, e) = (sum, a, b &<< 30 | b &>> 2, c, d)
    }
    state = (state.0 &+ a, state.1 &+ b, state.2 &+ c, state.3 &+ d, state.4 &+ e)
    blockCount = 0
  }
}
