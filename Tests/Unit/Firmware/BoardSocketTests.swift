import CBoard
import FakeBoard
import HAL
import Testing

@testable import Firmware

extension FirmwareTests {
  @Suite("Board socket") struct BoardSocketTests {
    let board = Board()

    /// Every failure of board.h, and one that it does not know.
    static let failureTable: [(Int32, SocketError)] = [
      (BOARD_TCP_INVALID_HOST.rawValue, .invalidHost(byteCount: 9)),
      (BOARD_TCP_NAME_NOT_FOUND.rawValue, .nameNotFound(code: 12)), (BOARD_TCP_REFUSED.rawValue, .refused),
      (BOARD_TCP_UNREACHABLE.rawValue, .unreachable(code: 12)), (BOARD_TCP_TIMED_OUT.rawValue, .timedOut),
      (BOARD_TCP_RESET.rawValue, .reset), (BOARD_TCP_NOT_CONNECTED.rawValue, .notConnected),
      (BOARD_TCP_OUT_OF_RESOURCES.rawValue, .outOfResources(code: 12)),
      (BOARD_TCP_FAILED.rawValue, .failed(code: 12)), (-99, .failed(code: 12)),
    ]

    @Test("opens by name and port")
    func open() throws {
      var socket = BoardSocket()
      try socket.open(host: Array("mles.example".utf8).span, port: 8443)
      let state = board.state.pointee
      #expect(state.tcp_host_count == 12 && state.tcp_port == 8443)
      #expect(withUnsafeBytes(of: state.tcp_host) { $0.starts(with: "mles.example".utf8) })
      socket.close()
      #expect(board.state.pointee.tcp_close_count == 1)
    }

    @Test("how far the connection has come")
    func status() throws {
      var socket = BoardSocket()
      for (status, expected) in [
        (BOARD_TCP_CLOSED, SocketStatus.closed), (BOARD_TCP_RESOLVING, .resolving),
        (BOARD_TCP_CONNECTING, .connecting), (BOARD_TCP_CONNECTED, .connected), (board_tcp(rawValue: 9), .closed),
      ] {
        board.state.pointee.tcp_status = status.rawValue
        let found = try socket.status()
        #expect(found == expected)
      }
    }

    @Test("every failure, from every call", arguments: failureTable)
    func failures(result: Int32, expected: SocketError) {
      board.state.pointee.tcp_code = 12
      for call in 0..<4 { #expect(error(of: call, result) == expected) }
    }

    /// What call number `call` throws when the board's function returns `result`.
    private func error(of call: Int, _ result: Int32) -> SocketError? {
      var socket = BoardSocket()
      var bytes = [UInt8](repeating: 0, count: 4)
      var span = bytes.mutableSpan
      do throws(SocketError) {
        try socket.open(host: Array("localhost".utf8).span, port: 1)
        switch call {
        case 0:
          board.state.pointee.tcp_open_result = result
          defer { board.state.pointee.tcp_open_result = 0 }
          try socket.open(host: Array("localhost".utf8).span, port: 1)
        case 1:
          board.state.pointee.tcp_status = result
          _ = try socket.status()
        case 2:
          board.state.pointee.tcp_read_result = result
          _ = try socket.read(into: &span)
        default:
          board.state.pointee.tcp_write_result = result
          _ = try socket.write([1, 2].span)
        }
        return nil
      } catch { return error }
    }

    @Test("reads what there is, nothing, and the end")
    func read() throws {
      board.state.pointee.tcp_input.0 = 7
      board.state.pointee.tcp_input.1 = 8
      #expect(try read(result: 2) == .bytes(2))
      #expect(try read(result: 0) == .wouldBlock)
      #expect(try read(result: BOARD_TCP_END.rawValue) == .end)
    }

    private func read(result: Int32) throws -> ReadResult {
      board.state.pointee.tcp_read_result = result
      var socket = BoardSocket()
      var bytes = [UInt8](repeating: 0, count: 4)
      var span = bytes.mutableSpan
      let read = try socket.read(into: &span)
      if case .bytes = read { #expect(bytes == [7, 8, 0, 0]) }
      return read
    }

    @Test("writes as much as there is room for, and counts the bytes of both directions")
    func write() throws {
      var socket = BoardSocket()
      var bytes = [UInt8](repeating: 0, count: 8)
      var span = bytes.mutableSpan
      board.state.pointee.tcp_write_result = 2
      let count = try socket.write([1, 2, 3].span)
      #expect(count == 2)
      board.state.pointee.tcp_write_result = 0
      let none = try socket.write([1, 2, 3].span)
      #expect(none == 0)
      #expect(socket.movedBytes == 2)
      board.state.pointee.tcp_read_result = 5
      _ = try socket.read(into: &span)
      #expect(socket.movedBytes == 7)
    }
  }
}
