public import Bytes

extension ProtocolError {
  /// Writes the error in words: what came, and what was expected.
  @_lifetime(writer: copy writer)
  public func describe(to writer: inout ByteWriter) {
    switch self {
    case .reservedBits(let bits): writer.append("reserved bits %u, expected 0", UInt64(bits))
    case .reservedOpcode(let got): writer.append("reserved opcode %u", UInt64(got))
    case .maskedFrameFromServer: writer.append("masked frame from a server")
    case .unmaskedFrameFromClient: writer.append("unmasked frame from a client")
    case .fragmentedControlFrame(let opcode):
      writer.append("fragmented control frame, opcode %u", UInt64(opcode.rawValue))
    case .controlFrameTooLong(let opcode):
      writer.append("control frame above 125 bytes, opcode %u", UInt64(opcode.rawValue))
    case .nonMinimalLength(let length, let lengthBytes):
      writer.append("length %u in %u bytes, more than it needs", length, UInt64(truncatingIfNeeded: lengthBytes))
    case .lengthAbove63Bits: writer.append("length above 63 bits")
    case .unexpectedContinuation: writer.append("continuation of no message")
    case .expectedContinuation(let got):
      writer.append("expected a continuation, got opcode %u", UInt64(got.rawValue))
    case .invalidUTF8(let offset): writer.append("text is not UTF-8 at byte %u", offset)
    case .truncatedCloseCode: writer.append("close payload of one byte")
    case .invalidCloseCode(let got): writer.append("close code %u must not be sent", UInt64(got))
    case .messageTooBig(let length, let limit):
      writer.append("message of %u bytes or more, expected at most %u", length, limit)
    }
  }
}
