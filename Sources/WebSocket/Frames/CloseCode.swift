/// A status code of a Close frame that may stand on the wire (RFC 6455, section 7.4, and the IANA registry).
public struct CloseCode: Equatable, Sendable {
  /// The number as sent, 1000 to 4999.
  public let rawValue: UInt16

  /// Nil for codes that must not be sent: below 1000, 1004, 1005, 1006, 1015, the rest of 1016...2999, and 5000 up.
  public init?(rawValue: UInt16) {
    switch rawValue {
    case 1000...1003, 1007...1014, 3000...4999: self.rawValue = rawValue
    default: return nil
    }
  }

  private init(known rawValue: UInt16) { self.rawValue = rawValue }

  /// 1000: the purpose of the connection has been fulfilled.
  public static let normal = CloseCode(known: 1000)
  /// 1001: the end is going away.
  public static let goingAway = CloseCode(known: 1001)
  /// 1002: the peer broke the protocol.
  public static let protocolError = CloseCode(known: 1002)
  /// 1003: data of a kind that this end cannot accept.
  public static let unsupportedData = CloseCode(known: 1003)
  /// 1007: text that is not UTF-8.
  public static let invalidPayload = CloseCode(known: 1007)
  /// 1008: a policy of this end was violated.
  public static let policyViolation = CloseCode(known: 1008)
  /// 1009: a message that is too big to process.
  public static let messageTooBig = CloseCode(known: 1009)
  /// 1011: the end met a condition that keeps it from going on.
  public static let internalError = CloseCode(known: 1011)
}
