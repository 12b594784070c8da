import CBoard
import FakeBoard
import HAL
import Testing

@testable import Firmware

extension FirmwareTests {
  @Suite("Board system") struct HardwareSystemTests {
    let board = Board()
    var system: HardwareSystem { HardwareSystem() }

    @Test("the clocks are the board's; no wall clock before it knows the time")
    func clocks() {
      board.state.pointee.now_milliseconds = 5_000_000_000
      #expect(system.monotonicMilliseconds() == 5_000_000_000)
      board.state.pointee.wall_milliseconds = 1_767_225_600_000
      #expect(system.wallMilliseconds() == nil)
      board.state.pointee.knows_time = true
      #expect(system.wallMilliseconds() == 1_767_225_600_000)
    }

    @Test("randomness is the board's, or an error with its code")
    func entropy() throws {
      var system = HardwareSystem()
      var bytes: [UInt8] = [0, 0, 0]
      var span = bytes.mutableSpan
      try system.fill(&span)
      #expect(bytes == [0xA5, 0xAC, 0xB3])
      board.state.pointee.random_code = -70
      #expect(throws: EntropyError.unavailable(code: -70)) {
        var span = bytes.mutableSpan
        try system.fill(&span)
      }
    }

    @Test("the link's states, and one that there is not")
    func link() {
      var system = HardwareSystem()
      for (state, expected) in [
        (BOARD_LINK_DOWN, LinkState.down), (BOARD_LINK_ACQUIRING_ADDRESS, .acquiringAddress), (BOARD_LINK_UP, .up),
        (board_link(rawValue: 9), .down),
      ] {
        board.state.pointee.link = state
        #expect(system.linkState() == expected)
      }
    }

    @Test("each status of a node has the board's number")
    func status() {
      var system = HardwareSystem()
      for (status, expected) in [
        (NodeStatus.starting, BOARD_STATUS_STARTING), (.waitingForNetwork, BOARD_STATUS_WAITING_FOR_NETWORK),
        (.connecting, BOARD_STATUS_CONNECTING), (.joining, BOARD_STATUS_JOINING), (.joined, BOARD_STATUS_JOINED),
        (.retrying, BOARD_STATUS_RETRYING), (.sensorFault, BOARD_STATUS_SENSOR_FAULT), (.stopped, BOARD_STATUS_STOPPED),
      ] {
        board.state.pointee.status = board_status(rawValue: 99)
        system.show(status)
        #expect(board.state.pointee.status == expected)
      }
    }

    @Test("each log level has the board's number")
    func log() {
      var system = HardwareSystem()
      for (level, expected) in [
        (LogLevel.debug, BOARD_LOG_DEBUG), (.info, BOARD_LOG_INFO), (.warning, BOARD_LOG_WARNING),
        (.error, BOARD_LOG_ERROR),
      ] {
        system.log(level, Array("a line".utf8).span)
        #expect(board.lines.last == "a line")
        #expect(board.log.last?.level == expected)
      }
    }

    @Test("values are read and stored under their keys")
    func values() throws {
      var system = HardwareSystem()
      try system.storeValue([1, 2, 3].span, for: "boot")
      #expect(board.stored("boot") == [1, 2, 3])
      var bytes = [UInt8](repeating: 0, count: 4)
      var span = bytes.mutableSpan
      let count = try system.readValue(for: "boot", into: &span)
      #expect(count == 3)
      #expect(bytes == [1, 2, 3, 0])
      span = bytes.mutableSpan
      let missing = try system.readValue(for: "other", into: &span)
      #expect(missing == nil)
    }

    @Test("a value that is too large, and a store that fails")
    func valueErrors() {
      board.set("boot", [1, 2, 3, 4, 5])
      #expect(readError() == .valueTooLarge(byteCount: 5, capacityBytes: 4))
      fake_board_fail_value("boot", Int32(BOARD_VALUE_FAILED), 77)
      #expect(readError() == .failed(code: 77))
      for (result, expected) in [
        (BOARD_VALUE_STORE_FULL, KeyValueError.full), (BOARD_VALUE_FAILED, .failed(code: Int32(BOARD_VALUE_FAILED))),
      ] {
        board.state.pointee.store_result = Int32(result)
        #expect(throws: expected) {
          var system = HardwareSystem()
          try system.storeValue([1].span, for: "boot")
        }
      }
    }

    private func readError() -> KeyValueError? {
      var system = HardwareSystem()
      var bytes = [UInt8](repeating: 0, count: 4)
      var span = bytes.mutableSpan
      do throws(KeyValueError) {
        _ = try system.readValue(for: "boot", into: &span)
        return nil
      } catch { return error }
    }
  }
}
