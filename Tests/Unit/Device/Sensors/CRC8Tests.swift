import Testing

@testable import Device

@Suite struct CRC8Tests {
  @Test func theDataSheetsExampleGivesItsChecksum() {
    #expect(CRC8.checksum(of: 0xBEEF) == 0x92)
  }

  // Computed with a bitwise CRC-8 in Python that gives 0x92 for the data sheet's example.
  @Test(arguments: [(UInt16(0x0000), UInt8(0x81)), (0xFFFF, 0xAC), (0x6666, 0x93), (0x8000, 0xA2), (0x0887, 0x5B)])
  func otherWordsGiveWhatAnotherImplementationGives(word: UInt16, checksum: UInt8) {
    #expect(CRC8.checksum(of: word) == checksum)
  }

  @Test func anyOneWrongBitIsNoticed() {
    let word: UInt16 = 0x6666
    for bit in 0..<16 { #expect(CRC8.checksum(of: word ^ (1 << bit)) != CRC8.checksum(of: word)) }
  }
}
