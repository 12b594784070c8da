public import Bytes

extension HandshakeError {
  /// Writes the error in words: what came, and what was expected.
  @_lifetime(writer: copy writer)
  public func describe(to writer: inout ByteWriter) {
    switch self {
    case .headTooLarge(let limit): write("HTTP head longer than ", limit, " bytes", to: &writer)
    case .lineTooLong(let limit): write("HTTP line longer than ", limit, " bytes", to: &writer)
    case .strayByte(let got, let offset):
      writer.append("stray byte 0x")
      writer.append(hexadecimal: UInt64(got), digits: 2)
      write(" at byte ", offset, " of the HTTP head", to: &writer)
    case .lineFolding(let offset): write("folded HTTP line at byte ", offset, "", to: &writer)
    case .malformedStatusLine: writer.append("not an HTTP status line")
    case .malformedRequestLine: writer.append("not an HTTP request line")
    case .methodNotAllowed: writer.append("method is not GET")
    case .unsupportedHTTPVersion: writer.append("HTTP version is not 1.1")
    case .unexpectedStatus(let got): write("HTTP status ", Int(got), ", expected 101", to: &writer)
    case .missing(let header): write("no ", header, " header", to: &writer)
    case .repeated(let header): write("more than one ", header, " header", to: &writer)
    case .unexpectedValue(let header): write("wrong value of the ", header, " header", to: &writer)
    case .notOffered(let header): write("", header, " that was not offered", to: &writer)
    case .invalidParameter: writer.append("host, path or subprotocol cannot stand in a request")
    case .truncated(let atByte): write("connection ended at byte ", atByte, " of the HTTP head", to: &writer)
    }
  }

  private func write(_ before: StaticString, _ number: Int, _ after: StaticString, to writer: inout ByteWriter) {
    writer.append(before)
    writer.append(decimal: number)
    writer.append(after)
  }

  private func write(
    _ before: StaticString, _ header: HandshakeHeader, _ after: StaticString, to writer: inout ByteWriter
  ) {
    writer.append(before)
    writer.append(header.name)
    writer.append(after)
  }
}
