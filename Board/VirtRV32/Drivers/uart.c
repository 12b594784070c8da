#include "uart.h"

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

void uart_put(uint8_t byte) {
  uint64_t start = cpu_time();
  while ((machine_read8(LINE_STATUS) & LINE_STATUS_ROOM) == 0) {
    if (cpu_time() - start > (uint64_t)ROOM_WAIT_MILLISECONDS * CPU_TICKS_PER_MILLISECOND) return;
  }
  machine_write8(DATA, byte);
}
