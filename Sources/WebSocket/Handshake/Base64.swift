import Bytes

/// Base 64 (RFC 4648, section 4), for the two header values of the opening handshake.
enum Base64 {
  static func write(_ bytes: Span<UInt8>, to writer: inout ByteWriter) {
    var index = 0
    while index < bytes.count {
      var group: UInt32 = 0
      for position in index..<index &+ 3 {
        group = group &<< 8 | (position < bytes.count ? UInt32(truncatingIfNeeded: bytes[position]) : 0)
      }
      for position in index...index &+ 3 {
        let digit = UInt8(truncatingIfNeeded: group &>> 18) & 0x3F
        writer.append(position <= bytes.count ? character(digit) : 0x3D)
        group &<<= 6
      }
      index &+= 3
    }
  }

  private static func character(_ digit: UInt8) -> UInt8 {
    switch digit {
    case 0..<26: 0x41 &+ digit
    case 26..<52: 0x47 &+ digit
    case 52..<62: digit &- 4
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
