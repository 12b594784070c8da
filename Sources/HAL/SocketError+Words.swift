public import Bytes

extension SocketError {
  /// Writes the error in words.
  @_lifetime(writer: copy writer)
  public func describe(to writer: inout ByteWriter) {
    let words: StaticString =
      """
      host name of %u bytes, expected 1 to 253|\
      server name not found|\
      connection refused: nothing listens there|\
      server or network unreachable|\
      server did not answer|\
      connection reset|\
      not connected|\
      no socket, port or memory left|\
      socket failed| (code %d)
      """
    let (part, number): (Int, Int32) =
      switch self {
      case .invalidHost(let byteCount): (0, Int32(truncatingIfNeeded: byteCount))
      case .nameNotFound(let code): (1, code)
      case .refused: (2, 0)
      case .unreachable(let code): (3, code)
      case .timedOut: (4, 0)
      case .reset: (5, 0)
      case .notConnected: (6, 0)
      case .outOfResources(let code): (7, code)
      case .failed(let code): (8, code)
      }
    writer.append(words.part(part), UInt64(extending: number))
    if part > 0, number != 0 { writer.append(words.part(9), UInt64(extending: number)) }
  }
}
