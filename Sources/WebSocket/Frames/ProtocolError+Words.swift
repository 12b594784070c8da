public import Bytes

extension ProtocolError {
  /// Writes the error in words: what came, and what was expected.
  @_lifetime(writer: copy writer)
  public func describe(to writer: inout ByteWriter) {
    switch self {
    case .reservedBits(let bits): write("reserved bits ", UInt64(bits), ", expected 0", to: &writer)
    case .reservedOpcode(let got): write("reserved opcode ", UInt64(got), "", to: &writer)
    case .maskedFrameFromServer: writer.append("masked frame from a server")
    case .unmaskedFrameFromClient: writer.append("unmasked frame from a client")
    case .fragmentedControlFrame(let opcode): write("fragmented control frame, opcode ", opcode, to: &writer)
    case .controlFrameTooLong(let opcode):
      write("control frame above 125 bytes, opcode ", opcode, to: &writer)
    case .nonMinimalLength(let length, let lengthBytes):
      write("length ", length, " in ", to: &writer)
      write("", UInt64(truncatingIfNeeded: lengthBytes), " bytes, more than it needs", to: &writer)
    case .lengthAbove63Bits: writer.append("length above 63 bits")
    case .unexpectedContinuation: writer.append("continuation of no message")
    case .expectedContinuation(let got): write("expected a continuation, got opcode ", got, to: &writer)
    case .invalidUTF8(let offset): write("text is not UTF-8 at byte ", offset, "", to: &writer)
    case .truncatedCloseCode: writer.append("close payload of one byte")
    case .invalidCloseCode(let got): write("close code ", UInt64(got), " must not be sent", to: &writer)
    case .messageTooBig(let length, let limit):
      write("message of ", length, " bytes or more", to: &writer)
      write(", expected at most ", limit, "", to: &writer)
    }
  }

  private func write(
    _ before: StaticString, _ number: UInt64, _ after: StaticString, to writer: inout ByteWriter
  ) {
    writer.append(before)
    writer.append(decimal: number)
    writer.append(after)
  }

  private func write(_ before: StaticString, _ opcode: Opcode, to writer: inout ByteWriter) {
    write(before, UInt64(opcode.rawValue), "", to: &writer)
  }
}
