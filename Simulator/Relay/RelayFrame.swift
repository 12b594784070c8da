public import WebSocket

/// One frame as the relay sends it, encoded once and shared by all who get it: unmasked, FIN set, minimal length.
public struct RelayFrame: Sendable, Equatable {
  /// Header and payload.
  public let wire: [UInt8]

  /// A frame with this payload.
  public init(_ opcode: Opcode, _ payload: [UInt8] = []) {
    let header = FrameHeader(
      isFinal: true, opcode: opcode, maskingKey: nil, payloadLength: UInt64(truncatingIfNeeded: payload.count))
    var bytes = [UInt8](repeating: 0, count: header.encodedSize)
    bytes.reserveCapacity(header.encodedSize + payload.count)
    var span = bytes.mutableSpan
    // Always fits: the memory has the header's own size.
    _ = header.encode(into: &span)
    wire = bytes + payload
  }

  /// Bytes of memory that a frame takes while it waits: the array's own and its place in a list as well, since a flood of
  /// empty frames is made of nothing else.
  public var memoryByteCount: Int { wire.count + Self.overheadByteCount }

  /// An array's header of 32 bytes, what the allocator adds and rounds up, and two places in a list that has grown.
  static let overheadByteCount = 64

  /// What the frame carries.
  public var opcode: Opcode? { wire.first.flatMap { Opcode(rawValue: $0 & 0x0F) } }

  /// An empty Ping, as the server sends it every 24 s.
  static let ping = RelayFrame(.ping)
  /// An empty Close, `88 00`: the server's answer to every error.
  static let close = RelayFrame(.close)
}
