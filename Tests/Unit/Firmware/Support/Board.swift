import Bytes
import CBoard
import Device
import FakeBoard
import HAL
import Testing

@testable import Firmware

/// All tests that use the fake board, of which there is one: they run one behind the other.
@Suite("Firmware", .serialized) struct FirmwareTests {}

/// The fake board, freshly switched on.
struct Board {
  init() { fake_board_restart() }

  var state: UnsafeMutablePointer<fake_board> { fake_board_state() }

  func set(_ key: String, _ value: String) { set(key, Array(value.utf8)) }

  func set(_ key: String, _ value: [UInt8]) { fake_board_set_value(key, value, value.count) }

  /// What the firmware stored, if anything.
  func stored(_ key: String) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = fake_board_stored(key, &bytes, bytes.count)
    return count < 0 ? nil : Array(bytes[..<Int(count)])
  }

  /// The lines logged, and their levels.
  var log: [(level: board_log_level, text: String)] {
    (0..<fake_board_line_count()).map { index in
      var bytes = [UInt8](repeating: 0, count: Int(FAKE_BOARD_LINE_BYTES_MAX))
      var count = 0
      let level = fake_board_line(index, &bytes, &count)
      return (level, String(decoding: bytes[..<count], as: UTF8.self))
    }
  }

  var lines: [String] { log.map(\.text) }

  /// Everything that a node must be told.
  func configure(authority: [UInt8]) {
    set("host", "mles.example")
    set("ca", authority)
    set("channel", "weather")
    set("uid", "board-1")
  }
}

func text(_ span: Span<UInt8>) -> String { String(decoding: span.indices.map { span[$0] }, as: UTF8.self) }
