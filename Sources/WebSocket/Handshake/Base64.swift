import Bytes

/// Base 64 (RFC 4648, section 4), for the two header values of the opening handshake.
enum Base64 {
  static func write(_ bytes: Span<UInt8>, to writer: inout ByteWriter) {
    var index = 0
    while index < bytes.count {
      let left = min(3, bytes.count - index)
      var group: UInt32 = 0
      for position in 0..<3 {
        group = group &<< 8 | (position < left ? UInt32(truncatingIfNeeded: bytes[index + position]) : 0)
      }
      for position in 0..<4 {
        let digit = UInt8(truncatingIfNeeded: group &>> UInt32(truncatingIfNeeded: 18 &- 6 &* position)) & 0x3F
        writer.append(position <= left ? character(digit) : 0x3D)
      }
      index += 3
    }
  }

  private static func character(_ digit: UInt8) -> UInt8 {
    switch digit {
    case 0..<26: 0x41 &+ digit
    case 26..<52: 0x61 &+ (digit &- 26)
    case 52..<62: 0x30 &+ (digit &- 52)
    case 62: 0x2B
    default: 0x2F
    }
  }

  /// Whether `character` is of the alphabet; `=` is not.
  static func isDigit(_ character: UInt8) -> Bool {
    switch character {
    case 0x41...0x5A, 0x61...0x7A, 0x30...0x39, 0x2B, 0x2F: true
    default: false
    }
  }
}
