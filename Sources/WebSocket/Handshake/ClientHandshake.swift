public import Bytes

/// The opening handshake of a client (RFC 6455, section 4.1): writes the request, then checks the response byte by byte
/// and refuses it at the first byte that shows it wrong.
///
/// Redirects and authentication challenges are errors (`unexpectedStatus`): a device has no one to ask.
public struct ClientHandshake: ~Copyable {
  /// The longest subprotocol name, in bytes.
  public static let maximumSubprotocolBytes = 64

  private enum State: Equatable {
    case statusLine
    case headers
    case complete
    case failed(HandshakeError)
  }

  private var state = State.statusLine
  private var reader = HTTPHeadReader()
  private let key: InlineArray<24, UInt8>
  private let accept: InlineArray<28, UInt8>
  private var subprotocol = InlineArray<64, UInt8>(repeating: 0)
  private let subprotocolCount: Int
  private var hasUpgrade = false
  private var hasConnection = false
  /// Whether there is a Connection header that says something else.
  private var hasOtherConnection = false
  private var hasAccept = false
  private var hasSubprotocol = false

  /// A handshake that offers `subprotocol`, or none when it is empty. `nonce` is 16 fresh random bytes.
  public init(nonce: InlineArray<16, UInt8>, subprotocol: Span<UInt8>) throws(HandshakeError) {
    guard subprotocol.isEmpty || HTTPToken.isToken(subprotocol), subprotocol.count <= Self.maximumSubprotocolBytes
    else { throw .invalidParameter }
    for index in subprotocol.indices { self.subprotocol[index] = subprotocol[index] }
    subprotocolCount = subprotocol.count
    var key = InlineArray<24, UInt8>(repeating: 0)
    var writer = ByteWriter(key.mutableSpan)
    Base64.write(nonce.span, to: &writer)
    self.key = key
    accept = AcceptValue.of(key: key.span)
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
    if port != defaultPort {
      writer.append(":")
      writer.append(decimal: UInt64(truncatingIfNeeded: port))
    }
    writer.append("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ")
    writer.append(key.span)
    writer.append("\r\nSec-WebSocket-Version: 13\r\n")
    if subprotocolCount > 0 {
      writer.append("Sec-WebSocket-Protocol: ")
      writer.append(offered)
      writer.append("\r\n")
    }
    writer.append("\r\n")
  }

  /// Reads the response from `position` on, and moves `position` behind what was read. True once it is complete: what
  /// follows is frames. An error is final: every later call throws it again.
  public mutating func receive(_ input: Span<UInt8>, position: inout Int) throws(HandshakeError) -> Bool {
    if case .failed(let error) = state { throw error }
    do throws(HandshakeError) {
      return try read(input, position: &position)
    } catch {
      state = .failed(error)
      throw error
    }
  }

  private mutating func read(_ input: Span<UInt8>, position: inout Int) throws(HandshakeError) -> Bool {
    while state != .complete, position < input.count {
      let byte = input[position]
      position &+= 1
      guard let event = try reader.read(byte) else { continue }
      switch event {
      case .startLine:
        try checkStatusLine()
        state = .headers
      case .header: try checkHeader()
      case .end:
        try checkComplete()
        state = .complete
      }
    }
    return state == .complete
  }

  /// What is wrong when the connection ends now.
  public var truncation: HandshakeError { .truncated(atByte: reader.offset) }

  private var offered: Span<UInt8> {
    @_addressableSelf @_lifetime(borrow self)
    get { subprotocol.span.extracting(0..<subprotocolCount) }
  }

  private func checkStatusLine() throws(HandshakeError) {
    let line = reader.line
    guard line.count >= 12, HTTPToken.equalsIgnoringCase(line.extracting(0..<5), "http/"), line[8] == 0x20 else {
      throw .malformedStatusLine
    }
    let version: StaticString = "HTTP/1.1"
    guard version.withUTF8Buffer({ Self.equal(line.extracting(0..<8), $0) }) else { throw .unsupportedHTTPVersion }
    var status: UInt16 = 0
    for index in 9..<12 {
      guard line[index] >= 0x30, line[index] <= 0x39 else { throw .malformedStatusLine }
      status = status &* 10 &+ UInt16(line[index] &- 0x30)
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
      // Section 4.1, step 2: the value, not one of a list, as a server may have it from a client.
      guard !hasUpgrade else { throw .repeated(.upgrade) }
      guard HTTPToken.equalsIgnoringCase(value, "websocket") else { throw .unexpectedValue(.upgrade) }
      hasUpgrade = true
    case .connection:
      if HTTPToken.list(value, contains: "upgrade") { hasConnection = true } else { hasOtherConnection = true }
    case .accept:
      guard !hasAccept else { throw .repeated(.accept) }
      guard HTTPToken.equals(value, accept.span) else { throw .unexpectedValue(.accept) }
      hasAccept = true
    case .subprotocol:
      guard !hasSubprotocol else { throw .repeated(.subprotocol) }
      guard subprotocolCount > 0, HTTPToken.equals(value, offered) else { throw .notOffered(.subprotocol) }
      hasSubprotocol = true
    case .extensions: throw .notOffered(.extensions)
    case .host, .key, .version: break
    }
  }

  private func checkComplete() throws(HandshakeError) {
    guard hasUpgrade else { throw .missing(.upgrade) }
    guard hasConnection else { throw hasOtherConnection ? .unexpectedValue(.connection) : .missing(.connection) }
    guard hasAccept else { throw .missing(.accept) }
    guard hasSubprotocol || subprotocolCount == 0 else { throw .missing(.subprotocol) }
  }

  private static func equal(_ bytes: Span<UInt8>, _ expected: UnsafeBufferPointer<UInt8>) -> Bool {
    guard bytes.count == expected.count else { return false }
    for index in bytes.indices where bytes[index] != expected[index] { return false }
    return true
  }
}
