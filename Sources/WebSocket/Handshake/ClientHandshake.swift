public import Bytes

/// The opening handshake of a client (RFC 6455, section 4.1): writes the request, then checks the response byte by byte
/// and refuses it at the first byte that shows it wrong.
///
/// Redirects and authentication challenges are errors (`unexpectedStatus`): a device has no one to ask.
public struct ClientHandshake: ~Copyable {
  /// The longest subprotocol name, in bytes.
  public static let maximumSubprotocolBytes = 64

  private enum State: UInt8 {
    /// `failure` says why; before `start`, nothing.
    case failed
    case statusLine
    case headers
    case complete
  }

  private var state = State.failed
  private var failure = HandshakeError.invalidParameter
  /// The headers found, a bit for each `HandshakeHeader`.
  private var found: UInt8 = 0
  /// Whether there is a Connection header that says something else.
  private var hasOtherConnection = false
  private var subprotocol = FixedBytes<64>()
  private var key = InlineArray<24, UInt8>(repeating: 0)
  private var accept = InlineArray<28, UInt8>(repeating: 0)
  private var reader = HTTPHeadReader()
  private let inPlace = InPlace()

  /// A handshake that waits for `start`.
  public init() {}

  /// A handshake that offers `subprotocol`, or none when it is empty. `nonce` is 16 fresh random bytes.
  public init(nonce: InlineArray<16, UInt8>, subprotocol: Span<UInt8>) throws(HandshakeError) {
    try start(nonce: nonce, subprotocol: subprotocol)
  }

  /// Begins anew, with the parameters of `init`.
  public mutating func start(nonce: InlineArray<16, UInt8>, subprotocol: Span<UInt8>) throws(HandshakeError) {
    guard subprotocol.isEmpty || HTTPToken.isToken(subprotocol), (try? self.subprotocol.set(subprotocol)) != nil else {
      throw .invalidParameter
    }
    var writer = ByteWriter(key.mutableSpan)
    Base64.write(nonce.span, to: &writer)
    accept = AcceptValue.of(key: key.span)
    reader.reset()
    (state, found, hasOtherConnection) = (.statusLine, 0, false)
  }

  /// Writes the request. `host` is the server's name or address without the port, an IPv6 address with or without its
  /// brackets; `port` is written unless it is `defaultPort`. `target` is the path and query, starting with "/" and
  /// without a fragment. Nothing is written when one of them cannot stand in a request.
  public func writeRequest(
    host: Span<UInt8>, port: UInt16, defaultPort: UInt16 = 443, target: Span<UInt8>, to writer: inout ByteWriter
  ) throws(HandshakeError) {
    let isIPv6 = HTTPToken.isIPv6Address(host)
    guard isIPv6 || HTTPToken.isHostName(host), HTTPToken.isTarget(target) else { throw .invalidParameter }
    writer.append("GET ")
    writer.append(target)
    writer.append(" HTTP/1.1\r\nHost: ")
    let needsBrackets = isIPv6 && host[0] != 0x5B
    if needsBrackets { writer.append("[") }
    writer.append(host)
    if needsBrackets { writer.append("]") }
    if port != defaultPort { writer.append(":%u", UInt64(extending: port)) }
    writer.append("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ")
    writer.append(key.span)
    writer.append("\r\nSec-WebSocket-Version: 13\r\n")
    if subprotocol.count > 0 {
      writer.append("Sec-WebSocket-Protocol: ")
      writer.append(subprotocol.bytes)
      writer.append("\r\n")
    }
    writer.append("\r\n")
  }

  /// Reads the response from `position` on, and moves `position` behind what was read. True once it is complete: what
  /// follows is frames. An error is final: every later call throws it again.
  public mutating func receive(_ input: Span<UInt8>, position: inout Int) throws(HandshakeError) -> Bool {
    if state == .failed { throw failure }
    do throws(HandshakeError) {
      try read(input, position: &position)
      return state == .complete
    } catch {
      (state, failure) = (.failed, error)
      throw error
    }
  }

  private mutating func read(_ input: Span<UInt8>, position: inout Int) throws(HandshakeError) {
    while state != .complete, position < input.count {
      let byte = input[position]
      position &+= 1
      switch try reader.read(byte) {
      case .startLine:
        try checkStatusLine()
        state = .headers
      case .header: try checkHeader()
      case .end:
        try require(.upgrade)
        if hasOtherConnection, !isFound(.connection) { throw .unexpectedValue(.connection) }
        try require(.connection)
        try require(.accept)
        if subprotocol.count > 0 { try require(.subprotocol) }
        state = .complete
      case nil: break
      }
    }
  }

  /// What is wrong when the connection ends now.
  public var truncation: HandshakeError { .truncated(atByte: reader.offset) }

  private func checkStatusLine() throws(HandshakeError) {
    let line = reader.line
    let version: StaticString = "HTTP/1.1"
    guard line.count >= 12, line[8] == 0x20,
      HTTPToken.equalsIgnoringCase(line.extracting(0..<5), version.bytes.extracting(0..<5))
    else { throw .malformedStatusLine }
    guard line.extracting(0..<8).isEqual(to: version.bytes) else { throw .unsupportedHTTPVersion }
    var status: UInt16 = 0
    for index in 9..<12 {
      let digit = line[index] &- 0x30
      guard digit <= 9 else { throw .malformedStatusLine }
      status = status &* 10 &+ UInt16(digit)
    }
    guard line.count == 12 || line[12] == 0x20 else { throw .malformedStatusLine }
    guard status == 101 else { throw .unexpectedStatus(got: status) }
  }

  private mutating func checkHeader() throws(HandshakeError) {
    guard let header = HandshakeHeader.named(reader.name), header.isInResponse else { return }
    guard !reader.isCut else { throw .lineTooLong(limitBytes: HTTPHeadReader.maximumLineBytes) }
    let value = reader.value
    switch header {
    case .upgrade:
      // Section 4.1, step 2: the value, not one of a list, which only a server may get.
      let websocket: StaticString = "websocket"
      guard !isFound(header) else { throw .repeated(header) }
      guard HTTPToken.equalsIgnoringCase(value, websocket.bytes) else { throw .unexpectedValue(header) }
    case .connection:
      guard HTTPToken.list(value, contains: "upgrade") else {
        hasOtherConnection = true
        return
      }
    case .accept:
      guard !isFound(header) else { throw .repeated(header) }
      guard value.isEqual(to: accept.span) else { throw .unexpectedValue(header) }
    case .subprotocol:
      guard !isFound(header) else { throw .repeated(header) }
      guard subprotocol.count > 0, value.isEqual(to: subprotocol.bytes) else { throw .notOffered(header) }
    default: throw .notOffered(header)
    }
    found |= 1 &<< header.rawValue
  }

  private func isFound(_ header: HandshakeHeader) -> Bool { found &>> header.rawValue & 1 != 0 }

  private func require(_ header: HandshakeHeader) throws(HandshakeError) {
    guard isFound(header) else { throw .missing(header) }
  }
}
