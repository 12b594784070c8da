// The processor: time, interrupts, waiting.
#ifndef CPU_H
#define CPU_H

#include <stdint.h>

enum {
  // mtime's rate.
  CPU_TICKS_PER_MILLISECOND = 10000,
};

// Bits of `mie` and, as numbers, causes in `mcause`.
typedef enum cpu_interrupt {
  CPU_INTERRUPT_TIMER = 1 << 7,
  CPU_INTERRUPT_EXTERNAL = 1 << 11,
} cpu_interrupt;

// mtime: ticks since the last reset.
uint64_t cpu_time(void);

// Instructions since the last reset; with QEMU's -icount the same on every run.
uint64_t cpu_instructions(void);

// Keeps enabled interrupts from trapping; what to give back to `cpu_restore_interrupts`.
uint32_t cpu_mask_interrupts(void);
void cpu_restore_interrupts(uint32_t mask);

// Lets enabled interrupts trap.
void cpu_unmask_interrupts(void);

void cpu_enable_interrupt(cpu_interrupt interrupt);
void cpu_disable_interrupt(cpu_interrupt interrupt);

// Sleeps until an enabled interrupt is pending, masked or not.
void cpu_wait_for_interrupt(void);

// Sleeps until `ticks` of mtime, or until the network card wants something (and then acknowledges its interrupt), or
// until the watchdog's time; may return earlier for no reason.
//
// No wake-up is lost if the caller looks at the card (`virtio_net_receive_begin` and so on) between two calls: an
// interrupt that comes after the look is still pending when this begins to sleep.
void cpu_wait_until(uint64_t ticks);

#endif
