public import Bytes

extension HandshakeError {
  /// For each rule what came, and what was expected; of those about a header the words before its name.
  private static var words: StaticString {
    """
    HTTP head longer than %u bytes|\
    HTTP line longer than %u bytes|\
    stray byte 0x%2x at byte %u of the HTTP head|\
    folded HTTP line at byte %u|\
    not an HTTP status line|\
    not an HTTP request line|\
    method is not GET|\
    HTTP version is not 1.1|\
    HTTP status %u, expected 101|\
    no |\
    more than one |\
    wrong value of the ||\
    host, path or subprotocol cannot stand in a request|\
    connection ended at byte %u of the HTTP head|\
     header| that was not offered
    """
  }

  /// Writes the error in words: what came, and what was expected.
  @_lifetime(writer: copy writer)
  public func describe(to writer: inout ByteWriter) {
    writer.append(Self.words.part(Int(rule.rawValue)), UInt64(extending: first), UInt64(extending: second))
    switch rule {
    case .missing, .repeated, .unexpectedValue, .notOffered:
      writer.append(header.name)
      writer.append(Self.words.part(rule == .notOffered ? 16 : 15))
    default: break
    }
  }
}
