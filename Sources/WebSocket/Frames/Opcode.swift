/// What a frame carries (RFC 6455, section 5.2); the reserved values are errors, not cases.
public enum Opcode: UInt8, Equatable, Sendable {
  case continuation = 0x0
  case text = 0x1
  case binary = 0x2
  case close = 0x8
  case ping = 0x9
  case pong = 0xA

  /// Close, ping and pong: never fragmented, at most 125 bytes (RFC 6455, section 5.5).
  public var isControl: Bool { rawValue & 0x8 != 0 }
}

/// The two kinds of message (RFC 6455, section 5.6).
public enum MessageKind: UInt8, Equatable, Sendable {
  /// UTF-8, checked.
  case text = 0x1
  /// Any bytes.
  case binary = 0x2

  /// The opcode of the message's first frame.
  public var opcode: Opcode { self == .text ? .text : .binary }
}

/// The two ends of a connection; a client masks what it sends, a server does not (RFC 6455, section 5.1).
public enum Role: Equatable, Sendable {
  case client
  case server
}
