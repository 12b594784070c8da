// The platform level interrupt controller (SiFive's), as far as waking up needs it: interrupts never trap here, they
// only end a sleep.
#ifndef PLIC_H
#define PLIC_H

#include <stdint.h>

// Lets interrupt `number` (1 to 31) through to the hart.
void plic_enable(uint32_t number);

// Takes the next pending interrupt; its number, 0 when there is none. Give it back with `plic_complete`.
uint32_t plic_claim(void);
void plic_complete(uint32_t number);

#endif
