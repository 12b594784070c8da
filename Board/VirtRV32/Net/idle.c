// Where the firmware waits and the network is served.
#include "../Start/cpu.h"
#include "board.h"
#include "lwip/init.h"
#include "../Port/network.h"
#include "network_internal.h"

enum { IDLE_MILLISECONDS_MAX = 1000 };

static bool has_changed;

void network_start(void) {
  random_start();
  lwip_init();
  interface_start();
}

void network_note_change(void) {
  has_changed = true;
}

static void serve(void) {
  timers_serve();
  interface_serve();
  connection_serve();
}

static uint64_t earlier(uint64_t left, uint64_t right) {
  return left < right ? left : right;
}

// Sleeps until `end`, the next timer or a frame, whichever comes first.
static void sleep_until(uint64_t end, uint64_t now) {
  uint64_t wake = earlier(end, now + timers_wait_milliseconds());
  if (wake > now) cpu_wait_until(wake * CPU_TICKS_PER_MILLISECOND);
}

// A change that came between two calls counts for the next one.
void board_idle(uint64_t deadline_milliseconds, uint32_t wakes) {
  uint64_t now = board_monotonic_milliseconds();
  uint64_t end = earlier(deadline_milliseconds, now + IDLE_MILLISECONDS_MAX);
  serve();
  while (!has_changed && !connection_is_ready(wakes)) {
    now = board_monotonic_milliseconds();
    if (now >= end) break;
    sleep_until(end, now);
    serve();
  }
  has_changed = false;
}
