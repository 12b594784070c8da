// lwIP's clock and timers.
#include "board.h"
#include "lwip/timeouts.h"
#include "network_internal.h"

static bool is_running;

u32_t sys_now(void) {
  return (u32_t)board_monotonic_milliseconds();
}

bool timers_are_running(void) {
  return is_running;
}

void timers_serve(void) {
  is_running = true;
  sys_check_timeouts();
  is_running = false;
}

uint32_t timers_wait_milliseconds(void) {
  return sys_timeouts_sleeptime();
}
