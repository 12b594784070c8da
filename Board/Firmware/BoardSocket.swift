import CBoard
import HAL

/// The board's one TCP connection.
struct BoardSocket: StreamSocket, ~Copyable {
  /// Bytes read and written since the start, modulo 2^32: a sign of life for the watchdog.
  private(set) var movedBytes: UInt32 = 0
  private var hostCount = 0

  mutating func open(host: Span<UInt8>, port: UInt16) throws(SocketError) {
    hostCount = host.count
    _ = try checked(BoardCalls.openConnection(host: host, port: port))
  }

  mutating func status() throws(SocketError) -> SocketStatus {
    switch board_tcp(rawValue: .init(truncatingIfNeeded: try checked(board_tcp_status()))) {
    case BOARD_TCP_CONNECTED: .connected
    case BOARD_TCP_CONNECTING: .connecting
    case BOARD_TCP_RESOLVING: .resolving
    default: .closed
    }
  }

  mutating func read(into output: inout MutableSpan<UInt8>) throws(SocketError) -> ReadResult {
    let result = BoardCalls.read(into: &output)
    if result == BOARD_TCP_END.rawValue { return .end }
    let count = try checked(result)
    movedBytes &+= UInt32(bitPattern: count)
    return count > 0 ? .bytes(Int(count)) : .wouldBlock
  }

  mutating func write(_ bytes: Span<UInt8>) throws(SocketError) -> Int {
    let count = try checked(BoardCalls.write(bytes))
    movedBytes &+= UInt32(bitPattern: count)
    return Int(count)
  }

  mutating func close() { board_tcp_close() }

  /// `result`, which is a failure when below 0.
  private func checked(_ result: Int32) throws(SocketError) -> Int32 {
    guard result < 0 else { return result }
    let code = board_tcp_code()
    throw switch board_tcp(rawValue: .init(truncatingIfNeeded: result)) {
    case BOARD_TCP_INVALID_HOST: .invalidHost(byteCount: hostCount)
    case BOARD_TCP_NAME_NOT_FOUND: .nameNotFound(code: code)
    case BOARD_TCP_REFUSED: .refused
    case BOARD_TCP_UNREACHABLE: .unreachable(code: code)
    case BOARD_TCP_TIMED_OUT: .timedOut
    case BOARD_TCP_RESET: .reset
    case BOARD_TCP_NOT_CONNECTED: .notConnected
    case BOARD_TCP_OUT_OF_RESOURCES: .outOfResources(code: code)
    default: .failed(code: code)
    }
  }
}
