import WebSocket

/// What a Close frame may carry (RFC 6455, section 5.5.1): nothing, or a code and a reason in UTF-8.
enum ClosePayload {
  /// Throws what is wrong with a whole payload.
  static func check(_ payload: [UInt8]) throws(ProtocolError) {
    guard payload.count > 0 else { return }
    guard payload.count > 1 else { throw .truncatedCloseCode }
    let number = UInt16(payload[0]) << 8 | UInt16(payload[1])
    guard CloseCode(rawValue: number) != nil else { throw .invalidCloseCode(got: number) }
    var validator = UTF8Validator()
    if let index = validator.firstInvalidIndex(in: payload.span.extracting(2..<payload.count), isLast: true) {
      throw .invalidUTF8(offset: UInt64(index))
    }
  }
}
