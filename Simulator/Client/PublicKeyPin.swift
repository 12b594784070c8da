/// The SHA-256 of a server's public key (SubjectPublicKeyInfo), as people write it.
enum PublicKeyPin {
  /// The size of the hash, in bytes.
  static let byteCount = 32
  /// The most pins at a time: the key in use and those prepared to follow it.
  static let countMax = 4

  /// Reads 64 hexadecimal digits (pairs may be separated by ':'), or base64, with or without curl's `sha256//` before it.
  static func bytes(_ text: String) throws(UsageError) -> [UInt8] {
    let prefix = "sha256//"
    let value = text.hasPrefix(prefix) ? text.dropFirst(prefix.count) : text[...]
    let hash = text.hasPrefix(prefix) ? base64(value) : hexadecimal(value) ?? base64(value)
    guard let hash, hash.count == byteCount else {
      throw UsageError("expected a SHA-256, 64 hexadecimal digits or sha256//BASE64, got \(quoted(text))")
    }
    return hash
  }

  private static func hexadecimal(_ text: Substring) -> [UInt8]? {
    let digits = text.utf8.filter { $0 != UInt8(ascii: ":") }
    guard digits.count == 2 * byteCount else { return nil }
    var result: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = nibble(digits[index]), let low = nibble(digits[index + 1]) else { return nil }
      result.append(high << 4 | low)
    }
    return result
  }

  private static func nibble(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit - 0x30
    case 0x41...0x46: digit - 0x37
    case 0x61...0x66: digit - 0x57
    default: nil
    }
  }

  /// Standard base64 (RFC 4648, section 4), padding included; bits that stand for nothing must be 0.
  private static func base64(_ text: Substring) -> [UInt8]? {
    guard text.utf8.count == 44, text.hasSuffix("=") else { return nil }
    var result: [UInt8] = []
    var bits: UInt32 = 0
    var bitCount = 0
    for character in text.utf8.dropLast() {
      guard let value = sextet(character) else { return nil }
      bits = bits << 6 | UInt32(value)
      bitCount += 6
      if bitCount >= 8 {
        bitCount -= 8
        result.append(UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)))
      }
    }
    return bits & 0b11 == 0 ? result : nil
  }

  private static func sextet(_ character: UInt8) -> UInt8? {
    switch character {
    case 0x41...0x5A: character - 0x41
    case 0x61...0x7A: character - 0x61 + 26
    case 0x30...0x39: character - 0x30 + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
