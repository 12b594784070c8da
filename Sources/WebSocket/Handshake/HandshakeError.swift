import Bytes

/// Why an opening handshake was refused: what came, and what RFC 6455 asks for.
public enum HandshakeError: Error, Equatable, Sendable {
  /// The head is longer than `limitBytes` without having ended.
  case headTooLarge(limitBytes: Int)
  /// A line that matters is longer than the memory for one line.
  case lineTooLong(limitBytes: Int)
  /// A byte that may not stand there (a control character, a bare CR or LF, a space in a name); the offset in the head.
  case strayByte(got: UInt8, offset: Int)
  /// A header line that starts with a space or tab: line folding (RFC 9112, section 5.2), refused.
  case lineFolding(offset: Int)
  /// Not `HTTP/1.1 NNN …`, as a status line must be.
  case malformedStatusLine
  /// Not `GET target HTTP/1.1`, as a request line must be.
  case malformedRequestLine
  /// A method other than GET.
  case methodNotAllowed
  /// Another HTTP version than 1.1.
  case unsupportedHTTPVersion
  /// Another status than 101.
  case unexpectedStatus(got: UInt16)
  /// A header that must be there is not.
  case missing(HandshakeHeader)
  /// A header that may be there once is there twice.
  case repeated(HandshakeHeader)
  /// A header without the value that it must have.
  case unexpectedValue(HandshakeHeader)
  /// A subprotocol or an extension that was not offered.
  case notOffered(HandshakeHeader)
  /// A host, target or subprotocol that cannot stand in a request.
  case invalidParameter
  /// The connection ended in the middle of the head.
  case truncated(atByte: Int)

  /// The HTTP status with which a server refuses a request for this reason.
  public var refusalStatus: UInt16 {
    switch self {
    case .methodNotAllowed: 405
    case .unexpectedValue(.version): 426
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
  public var name: StaticString {
    switch self {
    case .host: "Host"
    case .upgrade: "Upgrade"
    case .connection: "Connection"
    case .key: "Sec-WebSocket-Key"
    case .version: "Sec-WebSocket-Version"
    case .accept: "Sec-WebSocket-Accept"
    case .subprotocol: "Sec-WebSocket-Protocol"
    case .extensions: "Sec-WebSocket-Extensions"
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
      if HTTPToken.equalsIgnoringCase(name, header.name.bytes) { return header }
      number &+= 1
    }
    return nil
  }
}
