// The machine timer: an interrupt when mtime has reached mtimecmp.
#ifndef TIMER_H
#define TIMER_H

#include <stdint.h>

// Makes the timer's interrupt pending from `ticks` of mtime on, and until then not.
void timer_set(uint64_t ticks);

// Sleeps until `ticks` of mtime, with interrupts masked.
void timer_wait(uint64_t ticks);

#endif
