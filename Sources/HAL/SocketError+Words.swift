public import Bytes

extension SocketError {
  /// Writes the error in words.
  @_lifetime(writer: copy writer)
  public func describe(to writer: inout ByteWriter) {
    switch self {
    case .invalidHost(let byteCount):
      writer.append("host name of %u bytes, expected 1 to 253", UInt64(truncatingIfNeeded: byteCount))
    case .nameNotFound(let code): Self.write("server name not found", code, to: &writer)
    case .refused: writer.append("connection refused: nothing listens there")
    case .unreachable(let code): Self.write("server or network unreachable", code, to: &writer)
    case .timedOut: writer.append("server did not answer")
    case .reset: writer.append("connection reset")
    case .notConnected: writer.append("not connected")
    case .outOfResources(let code): Self.write("no socket, port or memory left", code, to: &writer)
    case .failed(let code): Self.write("socket failed", code, to: &writer)
    }
  }

  private static func write(_ words: StaticString, _ code: Int32, to writer: inout ByteWriter) {
    writer.append(words)
    if code != 0 { writer.append(" (code %d)", UInt64(truncatingIfNeeded: code)) }
  }
}
