public import Bytes
import WebSocket

extension SessionEnd {
  /// Writes the end in words: what happened, and where it is known why.
  @_lifetime(writer: copy writer)
  public func describe(to writer: inout ByteWriter) {
    switch self {
    case .transportFailed: writer.append("the connection failed")
    case .timedOut(let wait, let limitMilliseconds):
      writer.append(wait.words)
      writer.append(" within %u s", UInt64(truncatingIfNeeded: limitMilliseconds / 1000))
    case .upgradeRefused(let error):
      writer.append("upgrade refused: ")
      error.describe(to: &writer)
    case .protocolError(let error):
      writer.append("the server broke the WebSocket protocol: ")
      error.describe(to: &writer)
    case .identityInUse:
      writer.append(
        "join refused at once: this uid is on the channel already, perhaps as this node's earlier connection")
    case .joinRefused(let code):
      Self.write("join refused: the server did not accept the join header (wrong key?)", code, to: &writer)
    case .closedByServer(let code): Self.write("the server closed the connection", code, to: &writer)
    case .endOfStream: writer.append("the server ended the connection")
    case .joinHeaderTooLarge(let required, let capacity):
      writer.append(
        "join header of %u bytes, expected at most %u", UInt64(truncatingIfNeeded: required),
        UInt64(truncatingIfNeeded: capacity))
    case .left: writer.append("left")
    }
  }

  private static func write(_ words: StaticString, _ code: CloseCode?, to writer: inout ByteWriter) {
    writer.append(words)
    if let code { writer.append(", code %u", UInt64(truncatingIfNeeded: code.rawValue)) }
  }
}

extension SessionWait {
  /// What did not happen.
  public var words: StaticString {
    switch self {
    case .resolve: "the server's name was not resolved"
    case .connect: "the server did not accept the connection"
    case .secure: "the TLS handshake did not finish"
    case .upgrade: "the server did not answer the upgrade"
    case .joinConfirmation: "nothing confirmed the join"
    case .liveness: "nothing came from the server, not even its ping,"
    case .sendProgress: "the network took no bytes"
    case .close: "the server did not answer the close"
    }
  }
}
