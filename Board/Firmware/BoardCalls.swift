import Bytes
import CBoard
import HAL

// Everything of this module that touches pointers. A pointer is valid only inside the closure that gives it, and no
// function of board.h keeps one.

/// The functions of board.h that take memory, with spans in place of pointers. Results are board.h's own numbers.
enum BoardCalls {
  static func random(_ bytes: inout MutableSpan<UInt8>) -> Int32 {
    bytes.withUnsafeMutableBufferPointer { board_random($0.baseAddress, $0.count) }
  }

  static func openConnection(host: Span<UInt8>, port: UInt16) -> Int32 {
    host.withUnsafeBufferPointer { board_tcp_open($0.baseAddress, $0.count, port) }
  }

  static func read(into output: inout MutableSpan<UInt8>) -> Int32 {
    output.withUnsafeMutableBufferPointer { board_tcp_read($0.baseAddress, $0.count) }
  }

  static func write(_ bytes: Span<UInt8>) -> Int32 {
    bytes.withUnsafeBufferPointer { board_tcp_write($0.baseAddress, $0.count) }
  }

  static func write(_ bytes: Span<UInt8>, to address: UInt8) -> Int32 {
    bytes.withUnsafeBufferPointer { board_i2c_transfer(address, $0.baseAddress, $0.count, nil, 0) }
  }

  static func read(into output: inout MutableSpan<UInt8>, from address: UInt8) -> Int32 {
    output.withUnsafeMutableBufferPointer { board_i2c_transfer(address, nil, 0, $0.baseAddress, $0.count) }
  }

  static func readValue(_ key: StaticString, into output: inout MutableSpan<UInt8>) -> Int32 {
    output.withUnsafeMutableBufferPointer { board_value_read(name(key), $0.baseAddress, $0.count) }
  }

  static func storeValue(_ value: Span<UInt8>, for key: StaticString) -> Int32 {
    value.withUnsafeBufferPointer { board_value_write(name(key), $0.baseAddress, $0.count) }
  }

  static func log(_ level: LogLevel, _ line: Span<UInt8>) {
    let level = board_log_level(rawValue: .init(truncatingIfNeeded: level.rawValue))
    line.withUnsafeBufferPointer { board_log(level, $0.baseAddress, $0.count) }
  }

  /// A literal is NUL-terminated.
  private static func name(_ key: StaticString) -> UnsafePointer<CChar> {
    UnsafeRawPointer(key.utf8Start).assumingMemoryBound(to: CChar.self)
  }
}
