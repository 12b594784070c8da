import Bytes

/// What the peer did that RFC 6455 forbids, or that is larger than this end accepts.
///
/// A rule and two numbers, whose meaning the rule gives: small to make, to compare and to put into words.
public struct ProtocolError: Error, Equatable, Sendable {
  /// The rule that was broken; the words are in the same order.
  public enum Rule: UInt8, Equatable, Sendable {
    case reservedBits, reservedOpcode, maskedFrameFromServer, unmaskedFrameFromClient, fragmentedControlFrame
    case controlFrameTooLong, nonMinimalLength, lengthAbove63Bits, unexpectedContinuation, expectedContinuation
    case invalidUTF8, truncatedCloseCode, invalidCloseCode, messageTooBig
  }

  /// The rule that was broken.
  public let rule: Rule
  let first: UInt64
  let second: UInt64

  private init(_ rule: Rule, _ first: UInt64 = 0, _ second: UInt64 = 0) {
    (self.rule, self.first, self.second) = (rule, first, second)
  }

  /// A reserved bit is set though no extension was agreed on (section 5.2); `bits` is RSV1-3 as 3 bits.
  public static func reservedBits(bits: UInt8) -> Self { Self(.reservedBits, UInt64(extending: bits)) }
  /// An opcode the RFC keeps for later (section 5.2).
  public static func reservedOpcode(got: UInt8) -> Self { Self(.reservedOpcode, UInt64(extending: got)) }
  /// A server masked a frame (section 5.1).
  public static var maskedFrameFromServer: Self { Self(.maskedFrameFromServer) }
  /// A client did not mask a frame (section 5.1).
  public static var unmaskedFrameFromClient: Self { Self(.unmaskedFrameFromClient) }
  /// A close, ping or pong without FIN (section 5.5).
  public static func fragmentedControlFrame(_ opcode: Opcode) -> Self {
    Self(.fragmentedControlFrame, UInt64(extending: opcode.rawValue))
  }
  /// A close, ping or pong with more than 125 bytes (section 5.5).
  public static func controlFrameTooLong(_ opcode: Opcode) -> Self {
    Self(.controlFrameTooLong, UInt64(extending: opcode.rawValue))
  }
  /// A length in more bytes than it needs (section 5.2).
  public static func nonMinimalLength(length: UInt64, lengthBytes: Int) -> Self {
    Self(.nonMinimalLength, length, UInt64(extending: lengthBytes))
  }
  /// A 64-bit length with its highest bit set (section 5.2).
  public static var lengthAbove63Bits: Self { Self(.lengthAbove63Bits) }
  /// A continuation frame with nothing to continue (section 5.4).
  public static var unexpectedContinuation: Self { Self(.unexpectedContinuation) }
  /// A new message before the fragmented one was finished (section 5.4).
  public static func expectedContinuation(got: Opcode) -> Self {
    Self(.expectedContinuation, UInt64(extending: got.rawValue))
  }
  /// Text that is not UTF-8 (section 8.1); the offset of the first bad byte in the message or close reason.
  public static func invalidUTF8(offset: UInt64) -> Self { Self(.invalidUTF8, offset) }
  /// A Close frame with a payload of one byte (section 5.5.1).
  public static var truncatedCloseCode: Self { Self(.truncatedCloseCode) }
  /// A Close code that must not be sent (section 7.4).
  public static func invalidCloseCode(got: UInt16) -> Self { Self(.invalidCloseCode, UInt64(extending: got)) }
  /// A message longer than the limit; `length` is what is known so far.
  public static func messageTooBig(length: UInt64, limit: UInt64) -> Self { Self(.messageTooBig, length, limit) }

  /// The code to close the connection with.
  public var closeCode: CloseCode {
    switch rule {
    case .invalidUTF8: .invalidPayload
    case .messageTooBig: .messageTooBig
    default: .protocolError
    }
  }
}
