/// SHA-1 (FIPS 180-4), only for the accept value of the opening handshake, where it guards nothing
/// (RFC 6455, section 10.8).
struct SHA1 {
  private var state: InlineArray<5, UInt32> = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0]
  private var totalBytes: UInt32 = 0
  /// The current block, big-endian words that bytes are shifted into.
  private var words = InlineArray<16, UInt32>(repeating: 0)

  static let digestSize = 20

  /// Adds a byte; of all updates together at most 512 MiB.
  @inline(never)
  mutating func update(_ byte: UInt8) {
    let word = Int(truncatingIfNeeded: totalBytes &>> 2 & 15)
    words[word] = words[word] &<< 8 | UInt32(truncatingIfNeeded: byte)
    totalBytes &+= 1
    if totalBytes & 63 == 0 { compress() }
  }

  mutating func update(_ bytes: Span<UInt8>) {
    for index in bytes.indices { update(bytes[index]) }
  }

  mutating func finalize() -> InlineArray<20, UInt8> {
    let count = totalBytes
    update(0x80)
    while totalBytes & 63 != 56 { update(0) }
    words[14] = count &>> 29
    words[15] = count &<< 3
    compress()
    var digest = InlineArray<20, UInt8>(repeating: 0)
    for index in digest.indices {
      let shift = UInt32(truncatingIfNeeded: 24 &- 8 &* (index & 3))
      digest[index] = UInt8(truncatingIfNeeded: state[index &>> 2] &>> shift)
    }
    return digest
  }

  private mutating func compress() {
    var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
    for round in 0..<80 {
      let place = round & 15
      if round >= 16 {
        let mixed = words[(round &- 3) & 15] ^ words[(round &- 8) & 15] ^ words[(round &- 14) & 15] ^ words[place]
        words[place] = mixed &<< 1 | mixed &>> 31
      }
      let (mix, constant): (UInt32, UInt32) =
        switch round {
        case 0..<20: (b & c | ~b & d, 0x5A82_7999)
        case 20..<40: (b ^ c ^ d, 0x6ED9_EBA1)
        case 40..<60: (b & c | b & d | c & d, 0x8F1B_BCDC)
        default: (b ^ c ^ d, 0xCA62_C1D6)
        }
      let sum = (a &<< 5 | a &>> 27) &+ mix &+ e &+ constant &+ words[place]
      (a, b, c, d, e) = (sum, a, b &<< 30 | b &>> 2, c, d)
    }
    state = [state[0] &+ a, state[1] &+ b, state[2] &+ c, state[3] &+ d, state[4] &+ e]
  }
}
