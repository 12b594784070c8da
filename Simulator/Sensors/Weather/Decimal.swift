/// Decimal numbers as thousandths, without floating point.
enum Decimal {
  /// The thousandths of a number such as `-3.9`, `+12` or `21.5347` (rounded half away from zero); nil for anything
  /// else, exponents and bare points included. Numbers too large for the type saturate, so that a range check refuses
  /// them.
  static func thousandths(_ text: some Sequence<UInt8>) -> Int64? {
    var magnitude: Int64 = 0
    var isNegative = false
    var integerDigits = 0
    var fractionDigits = -1
    for (index, byte) in text.enumerated() {
      switch byte {
      case 0x2B, 0x2D:
        guard index == 0 else { return nil }
        isNegative = byte == 0x2D
      case 0x2E:
        guard fractionDigits < 0, integerDigits > 0 else { return nil }
        fractionDigits = 0
      case 0x30...0x39:
        let digit = Int64(byte - 0x30)
        if fractionDigits < 0 {
          integerDigits += 1
          magnitude = min(magnitude * 10 + digit, saturation)
        } else {
          fractionDigits += 1
          if fractionDigits <= 3 {
            magnitude = magnitude * 10 + digit
          } else if fractionDigits == 4, digit >= 5 {
            magnitude += 1
          }
        }
      default: return nil
      }
    }
    guard integerDigits > 0, fractionDigits != 0 else { return nil }
    for _ in max(fractionDigits, 0)..<max(3, fractionDigits) { magnitude *= 10 }
    return isNegative ? -magnitude : magnitude
  }

  private static let saturation: Int64 = 1_000_000_000_000
}
