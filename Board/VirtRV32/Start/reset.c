#include "reset.h"

#include "../Drivers/console.h"
#include "../Drivers/machine.h"
#include "../Drivers/timer.h"
#include "cpu.h"

enum {
  RECORD_MAGIC = 0x4d4c4553,
  TEST_RESET = 0x7777,
  // A board that ran this long started well; the next restart is the first of a row again.
  GOOD_START_MILLISECONDS = 60000,
  WAIT_FIRST_MILLISECONDS = 125,
  WAIT_DOUBLINGS_MAX = 6,
};

// Memory is arbitrary after power-on: a record counts only if the words before `check` add up to it.
typedef struct reset_record {
  uint32_t magic;
  // Restarts in a row soon after their start.
  uint32_t restart_count;
  // `reason` is BOARD_RESET_UNKNOWN while the board runs: a reset that nobody announced came from outside.
  reset_cause next;
  uint32_t check;
} reset_record;

static reset_record kept __attribute__((section(".noinit")));
static reset_cause last;

static uint32_t check_of(const reset_record *record) {
  uint32_t sum = record->magic + record->restart_count + (uint32_t)record->next.reason;
  sum += record->next.cause + record->next.program_counter + record->next.address;
  return ~(sum + record->next.is_stack_overflow);
}

void reset_start(void) {
  if (kept.magic == RECORD_MAGIC && kept.check == check_of(&kept)) {
    last = kept.next;
    if (last.reason == BOARD_RESET_UNKNOWN) {
      last.reason = BOARD_RESET_EXTERNAL;
      kept.restart_count = 0;
    }
  } else {
    last = (reset_cause){.reason = BOARD_RESET_POWER_ON};
    kept.restart_count = 0;
  }
  reset_remember((reset_cause){.reason = BOARD_RESET_UNKNOWN});
}

reset_cause reset_last(void) {
  return last;
}

board_reset board_reset_reason(void) {
  return last.reason;
}

void reset_remember(reset_cause cause) {
  kept.magic = RECORD_MAGIC;
  kept.next = cause;
  kept.check = check_of(&kept);
}

static void count_restart(void) {
  bool is_good_start = board_monotonic_milliseconds() >= GOOD_START_MILLISECONDS;
  kept.restart_count = is_good_start ? 0 : kept.restart_count + 1;
  kept.check = check_of(&kept);
}

static uint32_t wait_milliseconds(uint32_t restart_count) {
  if (restart_count < 2) return 0;
  uint32_t doublings = restart_count - 2;
  if (doublings > WAIT_DOUBLINGS_MAX) doublings = WAIT_DOUBLINGS_MAX;
  return WAIT_FIRST_MILLISECONDS << doublings;
}

_Noreturn void reset_board(void) {
  cpu_mask_interrupts();
  count_restart();
  uint32_t milliseconds = wait_milliseconds(kept.restart_count);
  if (milliseconds > 0) {
    console_begin(BOARD_LOG_WARNING);
    console_text("restart ");
    console_decimal(kept.restart_count);
    console_text(" in a row soon after the start: waiting ");
    console_decimal(milliseconds);
    console_text(" ms");
    console_end();
  }
  timer_wait(cpu_time() + (uint64_t)milliseconds * CPU_TICKS_PER_MILLISECOND);
  machine_write32(MACHINE_TEST, TEST_RESET);
  for (;;) cpu_wait_for_interrupt();
}
