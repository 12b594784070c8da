// Restarts, and what is known about the last one.
#ifndef RESET_H
#define RESET_H

#include <stdbool.h>
#include <stdint.h>

#include "board.h"

// What a restart leaves for the next start.
typedef struct reset_cause {
  board_reset reason;
  // mcause, mepc and mtval of a trap or of the watchdog's interrupt, else 0.
  uint32_t cause;
  uint32_t program_counter;
  uint32_t address;
  // Whether a trap was one for lack of stack.
  bool is_stack_overflow;
} reset_cause;

// Finds out why the board started. Once, before the functions below.
void reset_start(void);

// Why the board started last, with the details that `board_reset_reason` leaves out.
reset_cause reset_last(void);

// Keeps `cause` for the next start. First thing in a trap, in case the rest of it fails.
void reset_remember(reset_cause cause);

// Restarts the board. After several restarts in a row that came less than a minute after their start it waits first,
// 125 ms, then twice as long each time, up to 8 s, so that a board which cannot start is no busy loop.
_Noreturn void reset_board(void);

#endif
