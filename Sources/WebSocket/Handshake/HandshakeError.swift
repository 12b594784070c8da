import Bytes

/// Why an opening handshake was refused: what came, and what RFC 6455 asks for.
///
/// A rule, two numbers and a header, whose meaning the rule gives: small to make, to compare and to put into words.
public struct HandshakeError: Error, Equatable, Sendable {
  /// The rule that was broken; the words are in the same order.
  public enum Rule: UInt8, Equatable, Sendable {
    case headTooLarge, lineTooLong, strayByte, lineFolding, malformedStatusLine, malformedRequestLine, methodNotAllowed
    case unsupportedHTTPVersion, unexpectedStatus, missing, repeated, unexpectedValue, notOffered, invalidParameter
    case truncated
  }

  /// The rule that was broken.
  public let rule: Rule
  /// The header that it is about, where it is about one.
  let header: HandshakeHeader
  let first: UInt32
  let second: UInt32

  private init(_ rule: Rule, _ first: Int = 0, _ second: Int = 0, header: HandshakeHeader = .host) {
    (self.rule, self.header) = (rule, header)
    (self.first, self.second) = (UInt32(truncatingIfNeeded: first), UInt32(truncatingIfNeeded: second))
  }

  /// The status that came instead of 101, nil when it is another rule that was broken.
  public var unexpectedStatus: UInt32? { rule == .unexpectedStatus ? first : nil }

  /// The head is longer than `limitBytes` without having ended.
  public static func headTooLarge(limitBytes: Int) -> Self { Self(.headTooLarge, limitBytes) }
  /// A line that matters is longer than the memory for one line.
  public static func lineTooLong(limitBytes: Int) -> Self { Self(.lineTooLong, limitBytes) }
  /// A byte that may not stand there (a control character, a bare CR or LF, a space in a name); the offset in the head.
  public static func strayByte(got: UInt8, offset: Int) -> Self { Self(.strayByte, Int(got), offset) }
  /// A header line that starts with a space or tab: line folding (RFC 9112, section 5.2), refused.
  public static func lineFolding(offset: Int) -> Self { Self(.lineFolding, offset) }
  /// Not `HTTP/1.1 NNN …`, as a status line must be.
  public static var malformedStatusLine: Self { Self(.malformedStatusLine) }
  /// Not `GET target HTTP/1.1`, as a request line must be.
  public static var malformedRequestLine: Self { Self(.malformedRequestLine) }
  /// A method other than GET.
  public static var methodNotAllowed: Self { Self(.methodNotAllowed) }
  /// Another HTTP version than 1.1.
  public static var unsupportedHTTPVersion: Self { Self(.unsupportedHTTPVersion) }
  /// Another status than 101.
  public static func unexpectedStatus(got: UInt16) -> Self { Self(.unexpectedStatus, Int(got)) }
  /// A header that must be there is not.
  public static func missing(_ header: HandshakeHeader) -> Self { Self(.missing, header: header) }
  /// A header that may be there once is there twice.
  public static func repeated(_ header: HandshakeHeader) -> Self { Self(.repeated, header: header) }
  /// A header without the value that it must have.
  public static func unexpectedValue(_ header: HandshakeHeader) -> Self { Self(.unexpectedValue, header: header) }
  /// A subprotocol or an extension that was not offered.
  public static func notOffered(_ header: HandshakeHeader) -> Self { Self(.notOffered, header: header) }
  /// A host, target or subprotocol that cannot stand in a request.
  public static var invalidParameter: Self { Self(.invalidParameter) }
  /// The connection ended in the middle of the head.
  public static func truncated(atByte: Int) -> Self { Self(.truncated, atByte) }

  /// The HTTP status with which a server refuses a request for this reason.
  public var refusalStatus: UInt16 {
    switch rule {
    case .methodNotAllowed: 405
    case .unexpectedValue where header == .version: 426
    case .headTooLarge, .lineTooLong: 431
    case .unsupportedHTTPVersion: 505
    default: 400
    }
  }
}

/// The headers of the opening handshake (RFC 6455, sections 4.1 and 4.2.1).
public enum HandshakeHeader: UInt8, Equatable, Sendable {
  case host
  case upgrade
  case connection
  case key
  case version
  case accept
  case subprotocol
  case extensions

  /// The name of the header as RFC 6455 spells it.
  public var name: Span<UInt8> {
    @_lifetime(immortal)
    get {
      let names: StaticString =
        """
        Host|Upgrade|Connection|Sec-WebSocket-Key|Sec-WebSocket-Version|Sec-WebSocket-Accept|Sec-WebSocket-Protocol|\
        Sec-WebSocket-Extensions
        """
      return names.part(Int(rawValue))
    }
  }

  /// Whether a client looks at it; the others are for servers.
  var isInResponse: Bool {
    switch self {
    case .upgrade, .connection, .accept, .subprotocol, .extensions: true
    case .host, .key, .version: false
    }
  }

  static func named(_ name: Span<UInt8>) -> HandshakeHeader? {
    var number: UInt8 = 0
    while let header = HandshakeHeader(rawValue: number) {
      if HTTPToken.equalsIgnoringCase(name, header.name) { return header }
      number &+= 1
    }
    return nil
  }
}
