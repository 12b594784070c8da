public import Bytes

extension HandshakeError {
  /// Writes the error in words: what came, and what was expected.
  @_lifetime(writer: copy writer)
  public func describe(to writer: inout ByteWriter) {
    switch self {
    case .headTooLarge(let limit): write("HTTP head longer than %u bytes", limit, to: &writer)
    case .lineTooLong(let limit): write("HTTP line longer than %u bytes", limit, to: &writer)
    case .strayByte(let got, let offset):
      writer.append("stray byte 0x%2x at byte %u of the HTTP head", UInt64(got), UInt64(truncatingIfNeeded: offset))
    case .lineFolding(let offset): write("folded HTTP line at byte %u", offset, to: &writer)
    case .malformedStatusLine: writer.append("not an HTTP status line")
    case .malformedRequestLine: writer.append("not an HTTP request line")
    case .methodNotAllowed: writer.append("method is not GET")
    case .unsupportedHTTPVersion: writer.append("HTTP version is not 1.1")
    case .unexpectedStatus(let got): write("HTTP status %u, expected 101", Int(got), to: &writer)
    case .missing(let header): write("no ", header, " header", to: &writer)
    case .repeated(let header): write("more than one ", header, " header", to: &writer)
    case .unexpectedValue(let header): write("wrong value of the ", header, " header", to: &writer)
    case .notOffered(let header): write("", header, " that was not offered", to: &writer)
    case .invalidParameter: writer.append("host, path or subprotocol cannot stand in a request")
    case .truncated(let atByte): write("connection ended at byte %u of the HTTP head", atByte, to: &writer)
    }
  }

  private func write(_ words: StaticString, _ number: Int, to writer: inout ByteWriter) {
    writer.append(words, UInt64(truncatingIfNeeded: number))
  }

  private func write(
    _ before: StaticString, _ header: HandshakeHeader, _ after: StaticString, to writer: inout ByteWriter
  ) {
    writer.append(before)
    writer.append(header.name)
    writer.append(after)
  }
}
