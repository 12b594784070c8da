/// What the peer did that RFC 6455 forbids, or that is larger than this end accepts.
public enum ProtocolError: Error, Equatable, Sendable {
  /// A reserved bit is set though no extension was agreed on (section 5.2); `bits` is RSV1-3 as 3 bits.
  case reservedBits(bits: UInt8)
  /// An opcode the RFC keeps for later (section 5.2).
  case reservedOpcode(got: UInt8)
  /// A server masked a frame (section 5.1).
  case maskedFrameFromServer
  /// A client did not mask a frame (section 5.1).
  case unmaskedFrameFromClient
  /// A close, ping or pong without FIN (section 5.5).
  case fragmentedControlFrame(Opcode)
  /// A close, ping or pong with more than 125 bytes (section 5.5).
  case controlFrameTooLong(Opcode)
  /// A length in more bytes than it needs (section 5.2).
  case nonMinimalLength(length: UInt64, lengthBytes: Int)
  /// A 64-bit length with its highest bit set (section 5.2).
  case lengthAbove63Bits
  /// A continuation frame with nothing to continue (section 5.4).
  case unexpectedContinuation
  /// A new message before the fragmented one was finished (section 5.4).
  case expectedContinuation(got: Opcode)
  /// Text that is not UTF-8 (section 8.1); the offset of the first bad byte in the message or close reason.
  case invalidUTF8(offset: UInt64)
  /// A Close frame with a payload of one byte (section 5.5.1).
  case truncatedCloseCode
  /// A Close code that must not be sent (section 7.4).
  case invalidCloseCode(got: UInt16)
  /// A message longer than the limit; `length` is what is known so far.
  case messageTooBig(length: UInt64, limit: UInt64)

  /// The code to close the connection with.
  public var closeCode: CloseCode {
    switch self {
    case .invalidUTF8: .invalidPayload
    case .messageTooBig: .messageTooBig
    default: .protocolError
    }
  }
}
