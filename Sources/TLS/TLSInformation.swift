public import Bytes

/// What a session has agreed with its peer; empty before the handshake is complete.
public struct TLSInformation: Sendable {
  /// The version of TLS.
  public internal(set) var version: TLSVersion?
  /// The cipher suite's IANA number; 0 when not known.
  public internal(set) var suite: UInt16 = 0
  /// Whether an earlier session was resumed.
  public internal(set) var isResumed = false
  /// Whether the peer ended the session with close_notify; false too when it only ended TCP, as some servers do.
  public internal(set) var isClosedByNotify = false
  /// Whether `peerKeyHash` is known: the peer has shown a certificate, now or in the session that was resumed.
  public internal(set) var hasPeerKeyHash = false
  /// SHA-256 of the peer's SubjectPublicKeyInfo: what `TLSConfiguration.addPin` takes.
  public internal(set) var peerKeyHash = InlineArray<32, UInt8>(repeating: 0)
  var suiteName = ShortText()
  var protocolName = ShortText()

  /// Appends the cipher suite's name, as mbedTLS writes it; at most 64 bytes.
  @_lifetime(writer: copy writer)
  public func appendSuiteName(to writer: inout ByteWriter) { suiteName.append(to: &writer) }

  /// Whether the peer chose an application protocol (ALPN).
  public var hasApplicationProtocol: Bool { protocolName.count > 0 }

  /// Appends the application protocol, at most 31 bytes; nothing when the peer chose none.
  @_lifetime(writer: copy writer)
  public func appendApplicationProtocol(to writer: inout ByteWriter) { protocolName.append(to: &writer) }

  /// Appends the 64 hexadecimal digits of `peerKeyHash`; nothing when it is not known.
  @_lifetime(writer: copy writer)
  public func appendPeerKeyHash(to writer: inout ByteWriter) {
    guard hasPeerKeyHash else { return }
    for index in peerKeyHash.indices { writer.append(hexadecimal: UInt64(peerKeyHash[index]), digits: 2) }
  }
}

/// At most 64 bytes of text; what is longer is cut.
struct ShortText {
  private var bytes = InlineArray<64, UInt8>(repeating: 0)
  private(set) var count = 0

  mutating func append(_ byte: UInt8) {
    guard count < bytes.count else { return }
    bytes[count] = byte
    count &+= 1
  }

  @_lifetime(writer: copy writer)
  func append(to writer: inout ByteWriter) {
    for index in 0..<count { writer.append(bytes[index]) }
  }
}
