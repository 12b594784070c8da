public import Bytes
import WebSocket

extension SessionEnd {
  /// Writes the end in words: what happened, and where it is known why.
  @_lifetime(writer: copy writer)
  public func describe(to writer: inout ByteWriter) {
    switch self {
    case .transportFailed: Self.write(0, to: &writer)
    case .timedOut(let wait, let limitMilliseconds):
      writer.append(wait.words, 0, 0)
      Self.write(1, limitMilliseconds / 1000, to: &writer)
    case .upgradeRefused(let error):
      Self.write(2, to: &writer)
      error.describe(to: &writer)
    case .protocolError(let error):
      Self.write(3, to: &writer)
      error.describe(to: &writer)
    case .identityInUse: Self.write(4, to: &writer)
    case .joinRefused: Self.write(5, to: &writer)
    case .closedByServer(let code): Self.write(6, code, to: &writer)
    case .endOfStream: Self.write(7, to: &writer)
    case .joinHeaderTooLarge(let required, let capacity):
      Self.write(8, UInt32(truncatingIfNeeded: required), UInt32(truncatingIfNeeded: capacity), to: &writer)
    case .left: Self.write(9, to: &writer)
    }
  }

  private static var words: StaticString {
    """
    the connection failed|\
     within %u s|\
    upgrade refused: |\
    the server broke the WebSocket protocol: |\
    join refused at once: this uid is on the channel already, perhaps as this node's earlier connection|\
    join refused: the server did not accept the join header (wrong key?)|\
    the server closed the connection|\
    the server ended the connection|\
    join header of %u bytes, expected at most %u|\
    left|\
    , code %u
    """
  }

  @inline(never)
  private static func write(_ part: Int, _ first: UInt32 = 0, _ second: UInt32 = 0, to writer: inout ByteWriter) {
    writer.append(words.part(part), UInt64(extending: first), UInt64(extending: second))
  }

  private static func write(_ part: Int, _ code: CloseCode?, to writer: inout ByteWriter) {
    write(part, to: &writer)
    if let code { write(10, UInt32(code.rawValue), to: &writer) }
  }
}

extension SessionWait {
  /// What did not happen.
  public var words: Span<UInt8> {
    @_lifetime(immortal)
    get {
      let words: StaticString =
        """
        the server's name was not resolved|\
        the server did not accept the connection|\
        the TLS handshake did not finish|\
        the server did not answer the upgrade|\
        nothing confirmed the join|\
        nothing came from the server, not even its ping,|\
        the network took no bytes|\
        the server did not answer the close
        """
      return words.part(Int(rawValue))
    }
  }
}
