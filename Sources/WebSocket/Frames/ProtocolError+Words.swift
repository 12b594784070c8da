public import Bytes

extension ProtocolError {
  /// For each rule what came, and what was expected.
  private static var words: StaticString {
    """
    reserved bits %u, expected 0|\
    reserved opcode %u|\
    masked frame from a server|\
    unmasked frame from a client|\
    fragmented control frame, opcode %u|\
    control frame above 125 bytes, opcode %u|\
    length %u in %u bytes, more than it needs|\
    length above 63 bits|\
    continuation of no message|\
    expected a continuation, got opcode %u|\
    text is not UTF-8 at byte %u|\
    close payload of one byte|\
    close code %u must not be sent|\
    message of %u bytes or more, expected at most %u
    """
  }

  /// Writes the error in words: what came, and what was expected.
  @_lifetime(writer: copy writer)
  public func describe(to writer: inout ByteWriter) {
    writer.append(Self.words.part(Int(rule.rawValue)), first, second)
  }
}
