// The clocks of board.h: mtime and the Goldfish real time clock.
#include "../Start/cpu.h"
#include "board.h"
#include "machine.h"

// Nanoseconds since 1970. Reading the low half keeps the high half of the same moment.
enum {
  RTC_LOW = MACHINE_RTC,
  RTC_HIGH = MACHINE_RTC + 4,
};

// 2026-01-01T00:00:00Z. This firmware is younger than that: a clock that shows an earlier time has lost it.
static const uint64_t WALL_MILLISECONDS_MIN = 1767225600000;

uint64_t board_monotonic_milliseconds(void) {
  return cpu_time() / CPU_TICKS_PER_MILLISECOND;
}

bool board_wall_milliseconds(uint64_t *milliseconds) {
  uint64_t nanoseconds = machine_read32(RTC_LOW);
  nanoseconds |= (uint64_t)machine_read32(RTC_HIGH) << 32;
  uint64_t now = nanoseconds / 1000000;
  if (now < WALL_MILLISECONDS_MIN) return false;
  *milliseconds = now;
  return true;
}
