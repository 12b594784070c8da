#include "uart.h"

#include <stdbool.h>

#include "../Start/cpu.h"
#include "machine.h"

enum {
  DATA = MACHINE_UART,
  INTERRUPT_ENABLE = MACHINE_UART + 1,
  FIFO_CONTROL = MACHINE_UART + 2,
  LINE_CONTROL = MACHINE_UART + 3,
  LINE_STATUS = MACHINE_UART + 5,

  FIFO_ENABLE_AND_CLEAR = 0x07,
  LINE_8N1 = 0x03,
  LINE_STATUS_ROOM = 0x20,

  // More than a FIFO of 16 bytes needs at 115,200 baud.
  ROOM_WAIT_MILLISECONDS = 10,
};

void uart_start(void) {
  machine_write8(INTERRUPT_ENABLE, 0);
  machine_write8(LINE_CONTROL, LINE_8N1);
  machine_write8(FIFO_CONTROL, FIFO_ENABLE_AND_CLEAR);
}

static bool has_room(void) {
  return (machine_read8(LINE_STATUS) & LINE_STATUS_ROOM) != 0;
}

static bool wait_for_room(void) {
  uint64_t deadline = cpu_time() + (uint64_t)ROOM_WAIT_MILLISECONDS * CPU_TICKS_PER_MILLISECOND;
  while (!has_room()) {
    if (cpu_time() >= deadline) return false;
  }
  return true;
}

void uart_put(uint8_t byte) {
  if (has_room() || wait_for_room()) machine_write8(DATA, byte);
}
