import Testing
import WebSocket

@Suite struct CloseCodeTests {
  /// RFC 6455, section 7.4, and the IANA registry "WebSocket Close Code Number": 1004 is reserved, 1005, 1006 and 1015
  /// never stand on the wire, 1012-1014 were registered later, 1016-2999 are unassigned, 3000-4999 are for others.
  static func mayStandOnTheWire(_ code: Int) -> Bool {
    ([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014] as [Int]).contains(code)
      || (code >= 3000 && code <= 4999)
  }

  @Test("All 65,536 codes are accepted or refused as the registry says")
  func everyCode() {
    for code in UInt16.min...UInt16.max {
      let parsed = CloseCode(rawValue: code)
      if (parsed != nil) != Self.mayStandOnTheWire(Int(code)) {
        Issue.record("code \(code): \(String(describing: parsed))")
      }
      if let parsed { #expect(parsed.rawValue == code) }
    }
  }

  @Test("The named codes have their numbers")
  func names() {
    let codes: [(CloseCode, UInt16)] = [
      (.normal, 1000), (.goingAway, 1001), (.protocolError, 1002), (.unsupportedData, 1003), (.invalidPayload, 1007),
      (.policyViolation, 1008), (.messageTooBig, 1009), (.internalError, 1011),
    ]
    for (code, number) in codes { #expect(code.rawValue == number && CloseCode(rawValue: number) == code) }
  }

  @Test("Each protocol error closes with the code of its kind")
  func errors() {
    #expect(ProtocolError.invalidUTF8(offset: 0).closeCode == .invalidPayload)
    #expect(ProtocolError.messageTooBig(length: 2, limit: 1).closeCode == .messageTooBig)
    let others: [ProtocolError] = [
      .reservedBits(bits: 1), .reservedOpcode(got: 3), .maskedFrameFromServer, .unmaskedFrameFromClient,
      .fragmentedControlFrame(.ping), .controlFrameTooLong(.pong), .nonMinimalLength(length: 1, lengthBytes: 2),
      .lengthAbove63Bits, .unexpectedContinuation, .expectedContinuation(got: .text), .truncatedCloseCode,
      .invalidCloseCode(got: 1005),
    ]
    for error in others { #expect(error.closeCode == .protocolError) }
  }
}
