import Bytes
import CBoard
import Device
import HAL

/// What a node needs of its board besides sensor and socket: each requirement is one function of board.h.
struct HardwareSystem: BoardSystem, ~Copyable {
  func monotonicMilliseconds() -> UInt64 { board_monotonic_milliseconds() }

  func wallMilliseconds() -> UInt64? {
    var milliseconds: UInt64 = 0
    return board_wall_milliseconds(&milliseconds) ? milliseconds : nil
  }

  mutating func fill(_ bytes: inout MutableSpan<UInt8>) throws(EntropyError) {
    let code = BoardCalls.random(&bytes)
    if code != 0 { throw .unavailable(code: code) }
  }

  mutating func linkState() -> LinkState {
    switch board_link_state() {
    case BOARD_LINK_UP: .up
    case BOARD_LINK_ACQUIRING_ADDRESS: .acquiringAddress
    default: .down
    }
  }

  mutating func show(_ status: NodeStatus) {
    board_show_status(board_status(rawValue: .init(truncatingIfNeeded: status.rawValue)))
  }

  mutating func log(_ level: LogLevel, _ line: Span<UInt8>) { BoardCalls.log(level, line) }

  mutating func readValue(for key: StaticString, into output: inout MutableSpan<UInt8>) throws(KeyValueError) -> Int? {
    let result = BoardCalls.readValue(key, into: &output)
    if result >= 0 { return Int(result) }
    if result == Int32(BOARD_VALUE_MISSING) { return nil }
    throw Self.error(result, output.count)
  }

  mutating func storeValue(_ value: Span<UInt8>, for key: StaticString) throws(KeyValueError) {
    let result = BoardCalls.storeValue(value, for: key)
    if result != 0 { throw Self.error(result, value.count) }
  }

  private static func error(_ result: Int32, _ byteCount: Int) -> KeyValueError {
    let code = board_value_code()
    return switch Int(result) {
    case BOARD_VALUE_TOO_LARGE: .valueTooLarge(byteCount: Int(code), capacityBytes: byteCount)
    case BOARD_VALUE_STORE_FULL: .full
    default: .failed(code: code)
    }
  }
}
