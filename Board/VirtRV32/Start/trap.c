// What happens when the program did what it must not: one line on the console, and a restart.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../Drivers/console.h"
#include "reset.h"
#include "trap.h"

static const uint32_t CAUSE_INTERRUPT = 0x80000000;
static const uint32_t CAUSE_TIMER_INTERRUPT = 0x80000007;

enum {
  CAUSE_LOAD_FAULT = 5,
  CAUSE_STORE_FAULT = 7,
  // How far below the stack an access may be to count as an overflow: more than any frame in the firmware.
  STACK_OVERFLOW_RANGE = 64 * 1024,
};

extern char __stack_bottom[];

_Noreturn void trap_report(
    uint32_t cause, uint32_t program_counter, uint32_t address, uint32_t stack_pointer, uint32_t return_address);

const char *trap_cause_text(uint32_t cause) {
  // The RISC-V privileged specification's table of mcause; trapped Swift checks are illegal instructions.
  static const char *const texts[] = {
      "instruction address misaligned",
      "instruction access fault",
      "illegal instruction (a failed check)",
      "breakpoint",
      "load address misaligned",
      "load access fault",
      "store address misaligned",
      "store access fault",
      "environment call",
      "environment call",
      "reserved",
      "environment call",
  };
  if (cause < sizeof texts / sizeof texts[0]) return texts[cause];
  return cause >= CAUSE_INTERRUPT ? "unexpected interrupt" : "unknown cause";
}

static bool is_stack_overflow(uint32_t cause, uint32_t address, uint32_t stack_pointer) {
  uint32_t bottom = (uint32_t)__stack_bottom;
  if (cause != CAUSE_LOAD_FAULT && cause != CAUSE_STORE_FAULT) return false;
  return stack_pointer < bottom || (address < bottom && bottom - address <= STACK_OVERFLOW_RANGE);
}

static void put_register(const char *name, uint32_t value) {
  console_text(name);
  console_hexadecimal(value);
}

// Called by trap_entry in start.S, on the stack for traps.
_Noreturn void trap_report(
    uint32_t cause, uint32_t program_counter, uint32_t address, uint32_t stack_pointer, uint32_t return_address) {
  bool is_watchdog = cause == CAUSE_TIMER_INTERRUPT;
  bool is_overflow = is_stack_overflow(cause, address, stack_pointer);
  reset_remember((reset_cause){
      .reason = is_watchdog ? BOARD_RESET_WATCHDOG : BOARD_RESET_TRAP,
      .cause = cause,
      .program_counter = program_counter,
      .address = address,
      .is_stack_overflow = is_overflow,
  });
  console_begin(BOARD_LOG_ERROR);
  if (is_watchdog) {
    console_text("watchdog: no progress for ");
    console_decimal(BOARD_WATCHDOG_MILLISECONDS / 1000);
    console_text(" s,");
  } else {
    console_text("trap: ");
    if (is_overflow) console_text("stack overflow: ");
    console_text(trap_cause_text(cause));
    put_register(", mcause=", cause);
    put_register(" mtval=", address);
  }
  put_register(" mepc=", program_counter);
  put_register(" sp=", stack_pointer);
  put_register(" ra=", return_address);
  console_end();
  reset_board();
}
