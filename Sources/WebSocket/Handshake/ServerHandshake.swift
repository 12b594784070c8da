public import Bytes

/// The opening handshake of a server (RFC 6455, section 4.2): checks the request byte by byte, then writes the answer.
public struct ServerHandshake: ~Copyable {
  private enum State: Equatable {
    case requestLine
    case headers
    case complete
    case failed(HandshakeError)
  }

  private var state = State.requestLine
  private var reader = HTTPHeadReader()
  private var accept = InlineArray<28, UInt8>(repeating: 0)
  private var hasHost = false
  private var hasUpgrade = false
  private var hasConnection = false
  private var hasKey = false
  private var hasVersion = false
  private var firstSubprotocol = InlineArray<64, UInt8>(repeating: 0)
  private var firstSubprotocolCount = 0

  /// The number of subprotocols that the client offered, in all headers together.
  public private(set) var subprotocolCount = 0

  /// A handshake that waits for the request line.
  public init() {}

  /// The first subprotocol offered, as the client spelled it; empty when there is none, or it is longer than 64 bytes.
  public var subprotocol: Span<UInt8> {
    @_addressableSelf @_lifetime(borrow self)
    get { firstSubprotocol.span.extracting(0..<firstSubprotocolCount) }
  }

  /// Reads the request from `position` on, and moves `position` behind what was read. True once it is complete and right:
  /// what follows is frames. An error's `refusalStatus` goes into `writeRefusal`; it is final, every later call throws it
  /// again.
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
        try checkRequestLine()
        state = .headers
      case .header: try checkHeader()
      case .end:
        try checkComplete()
        state = .complete
      }
    }
    return state == .complete
  }

  /// Writes the 101 response, with header names in lower case as the Mles server writes them. `subprotocol` is the one
  /// chosen, empty for none; what is not a token, and could carry a header of its own, is left out.
  public func writeResponse(subprotocol: Span<UInt8>, to writer: inout ByteWriter) {
    writer.append(
      "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: ")
    writer.append(accept.span)
    if HTTPToken.isToken(subprotocol) {
      writer.append("\r\nsec-websocket-protocol: ")
      writer.append(subprotocol)
    }
    writer.append("\r\n\r\n")
  }

  /// Writes a response with an error status and no body; the connection is to be closed behind it.
  public static func writeRefusal(status: UInt16, to writer: inout ByteWriter) {
    writer.append("HTTP/1.1 ")
    writer.append(decimal: UInt64(extending: status))
    writer.append(reasonPhrase(status))
    // RFC 9110, sections 15.5.6 and 15.5.22: what would have been right.
    if status == 405 { writer.append("allow: GET\r\n") }
    if status == 426 { writer.append("upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n") }
    writer.append("connection: close\r\ncontent-length: 0\r\n\r\n")
  }

  private static func reasonPhrase(_ status: UInt16) -> StaticString {
    switch status {
    case 400: " Bad Request\r\n"
    case 405: " Method Not Allowed\r\n"
    case 408: " Request Timeout\r\n"
    case 426: " Upgrade Required\r\n"
    case 431: " Request Header Fields Too Large\r\n"
    case 503: " Service Unavailable\r\n"
    case 505: " HTTP Version Not Supported\r\n"
    default: " Error\r\n"
    }
  }

  private func checkRequestLine() throws(HandshakeError) {
    let line = reader.line
    var spaces = InlineArray<2, Int>(repeating: 0)
    var found = 0
    for index in line.indices where line[index] == 0x20 {
      guard found < 2 else { throw .malformedRequestLine }
      spaces[found] = index
      found += 1
    }
    guard found == 2, HTTPToken.isToken(line.extracting(0..<spaces[0])),
      HTTPToken.isVisible(line.extracting((spaces[0] + 1)..<spaces[1]))
    else {
      throw .malformedRequestLine
    }
    let version = line.extracting((spaces[1] + 1)..<line.count)
    guard version.count == 8, HTTPToken.equalsIgnoringCase(version.extracting(0..<5), ("http/" as StaticString).bytes)
    else {
      throw .malformedRequestLine
    }
    guard version[5] == 0x31, version[6] == 0x2E, version[7] == 0x31 else { throw .unsupportedHTTPVersion }
    let method = line.extracting(0..<spaces[0])
    guard method.count == 3, method[0] == 0x47, method[1] == 0x45, method[2] == 0x54 else { throw .methodNotAllowed }
  }

  private mutating func checkHeader() throws(HandshakeError) {
    guard let header = HandshakeHeader.named(reader.name) else { return }
    // What the client offers besides may be long; what must match may not.
    guard !reader.isCut || header == .extensions || header == .accept else {
      throw .lineTooLong(limitBytes: HTTPHeadReader.maximumLineBytes)
    }
    let value = reader.value
    switch header {
    case .host:
      guard !hasHost else { throw .repeated(.host) }
      // RFC 9112, section 3.2: what can be no host is refused.
      guard HTTPToken.isVisible(value) else { throw .unexpectedValue(.host) }
      hasHost = true
    case .upgrade: hasUpgrade = hasUpgrade || HTTPToken.list(value, contains: "websocket")
    case .connection: hasConnection = hasConnection || HTTPToken.list(value, contains: "upgrade")
    case .key:
      guard !hasKey else { throw .repeated(.key) }
      guard Self.isKey(value) else { throw .unexpectedValue(.key) }
      accept = AcceptValue.of(key: value)
      hasKey = true
    case .version:
      guard !hasVersion else { throw .repeated(.version) }
      guard value.count == 2, value[0] == 0x31, value[1] == 0x33 else { throw .unexpectedValue(.version) }
      hasVersion = true
    case .subprotocol:
      try Self.countSubprotocols(
        in: value, &subprotocolCount, first: &firstSubprotocol, &firstSubprotocolCount)
    case .accept, .extensions: break
    }
  }

  /// Counts the elements of `list` and keeps the first one of all.
  private static func countSubprotocols(
    in list: Span<UInt8>, _ count: inout Int, first: inout InlineArray<64, UInt8>, _ firstCount: inout Int
  ) throws(HandshakeError) {
    var position = 0
    while let range = HTTPToken.nextElement(of: list, from: &position) {
      let element = list.extracting(range)
      guard HTTPToken.isToken(element) else { throw .unexpectedValue(.subprotocol) }
      count += 1
      guard count == 1, element.count <= first.count else { continue }
      for index in element.indices { first[index] = element[index] }
      firstCount = element.count
    }
  }

  private func checkComplete() throws(HandshakeError) {
    guard hasHost else { throw .missing(.host) }
    guard hasUpgrade else { throw .missing(.upgrade) }
    guard hasConnection else { throw .missing(.connection) }
    guard hasKey else { throw .missing(.key) }
    guard hasVersion else { throw .missing(.version) }
  }

  /// Whether `value` is base 64 of 16 bytes: 22 digits and two `=`. The four bits of the last digit that mean nothing
  /// may be set: the example of RFC 6455, section 4.1, has them so.
  private static func isKey(_ value: Span<UInt8>) -> Bool {
    guard value.count == 24, value[22] == 0x3D, value[23] == 0x3D else { return false }
    for index in 0..<22 where !Base64.isDigit(value[index]) { return false }
    return true
  }
}
