#include "watchdog.h"

#include <stdbool.h>

#include "../Drivers/timer.h"
#include "../Drivers/virtio_net.h"
#include "board.h"
#include "cpu.h"

// mtime at which the board restarts.
static uint64_t deadline;

void board_watchdog_feed(void) {
  deadline = cpu_time() + (uint64_t)BOARD_WATCHDOG_MILLISECONDS * CPU_TICKS_PER_MILLISECOND;
  timer_set(deadline);
}

void watchdog_start(void) {
  board_watchdog_feed();
  cpu_enable_interrupt(CPU_INTERRUPT_TIMER);
  cpu_unmask_interrupts();
}

// Interrupts stay masked: a pending one ends the sleep without a trap, also when it comes just before the sleep. The
// timer serves both purposes; when it was the watchdog's time, its interrupt traps as soon as interrupts are unmasked.
void cpu_wait_until(uint64_t ticks) {
  uint32_t mask = cpu_mask_interrupts();
  timer_set(ticks < deadline ? ticks : deadline);
  cpu_enable_interrupt(CPU_INTERRUPT_EXTERNAL);
  cpu_wait_for_interrupt();
  cpu_disable_interrupt(CPU_INTERRUPT_EXTERNAL);
  virtio_net_acknowledge();
  timer_set(deadline);
  cpu_restore_interrupts(mask);
}
