/// The CRC-8 that Sensirion's sensors put behind each word: polynomial 0x31 (x^8 + x^5 + x^4 + 1), start value 0xFF,
/// nothing reflected, no final XOR. SHTC3 data sheet, section 5.
public enum CRC8 {
  /// The checksum of a 16-bit word that is sent most significant byte first. `checksum(of: 0xBEEF)` is 0x92.
  public static func checksum(of word: UInt16) -> UInt8 {
    var remainder: UInt8 = 0xFF
    remainder = update(remainder, with: UInt8(truncatingIfNeeded: word &>> 8))
    return update(remainder, with: UInt8(truncatingIfNeeded: word))
  }

  private static func update(_ remainder: UInt8, with byte: UInt8) -> UInt8 {
    var remainder = remainder ^ byte
    for _ in 0..<8 {
      remainder = remainder & 0x80 == 0 ? remainder &<< 1 : (remainder &<< 1) ^ 0x31
    }
    return remainder
  }
}
