import CBoard

/// Why the board started, in words.
enum ResetReason {
  /// For the log, where every start says why.
  static func words(_ reset: board_reset) -> StaticString {
    switch reset {
    case BOARD_RESET_POWER_ON: "power-on"
    case BOARD_RESET_EXTERNAL: "external"
    case BOARD_RESET_SOFTWARE: "software"
    case BOARD_RESET_TRAP: "trap"
    case BOARD_RESET_WATCHDOG: "watchdog"
    case BOARD_RESET_BROWNOUT: "brownout"
    default: "unknown"
    }
  }

  /// For the first reading, nil where somebody wanted the start: power was switched on, a button pressed, or the firmware
  /// asked for it. What is left is worth telling those who only see the channel.
  static func reported(_ reset: board_reset) -> StaticString? {
    switch reset {
    case BOARD_RESET_POWER_ON, BOARD_RESET_EXTERNAL, BOARD_RESET_SOFTWARE: nil
    default: words(reset)
    }
  }
}
