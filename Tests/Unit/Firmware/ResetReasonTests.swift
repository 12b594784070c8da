import CBoard
import Testing

@testable import Firmware

@Suite("Reset reasons")
struct ResetReasonTests {
  @Test(
    "each has its word; only those that nobody wanted are told on the channel",
    arguments: [
      (BOARD_RESET_POWER_ON, "power-on", false), (BOARD_RESET_EXTERNAL, "external", false),
      (BOARD_RESET_SOFTWARE, "software", false), (BOARD_RESET_TRAP, "trap", true),
      (BOARD_RESET_WATCHDOG, "watchdog", true), (BOARD_RESET_BROWNOUT, "brownout", true),
      (BOARD_RESET_UNKNOWN, "unknown", true), (board_reset(rawValue: 99), "unknown", true),
    ])
  func words(reset: board_reset, words: String, isReported: Bool) {
    #expect("\(ResetReason.words(reset))" == words)
    #expect(ResetReason.reported(reset).map { "\($0)" } == (isReported ? words : nil))
  }
}
