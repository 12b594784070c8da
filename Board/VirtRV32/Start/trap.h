// Traps; see start.S and trap.c.
#ifndef TRAP_H
#define TRAP_H

#include <stdint.h>

// `mcause` in words, for people.
const char *trap_cause_text(uint32_t cause);

#endif
