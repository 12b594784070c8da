#include "timer.h"

#include "../Start/cpu.h"
#include "machine.h"

void timer_set(uint64_t ticks) {
  // In halves; the first write makes sure that no time in between is in the past.
  machine_write32(MACHINE_MTIMECMP + 4, UINT32_MAX);
  machine_write32(MACHINE_MTIMECMP, (uint32_t)ticks);
  machine_write32(MACHINE_MTIMECMP + 4, (uint32_t)(ticks >> 32));
}

void timer_wait(uint64_t ticks) {
  timer_set(ticks);
  cpu_enable_interrupt(CPU_INTERRUPT_TIMER);
  while (cpu_time() < ticks) cpu_wait_for_interrupt();
}
