import Bytes

/// The proof that a server has read the request: base 64 of SHA-1 of the key and a fixed UUID
/// (RFC 6455, section 4.2.2, item 5.4).
enum AcceptValue {
  static let size = 28

  static func of(key: Span<UInt8>) -> InlineArray<28, UInt8> {
    var hash = SHA1()
    hash.update(key)
    let uuid: StaticString = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    hash.update(uuid.bytes)
    let digest = hash.finalize()
    var accept = InlineArray<28, UInt8>(repeating: 0)
    var writer = ByteWriter(accept.mutableSpan)
    Base64.write(digest.span, to: &writer)
    return accept
  }
}
