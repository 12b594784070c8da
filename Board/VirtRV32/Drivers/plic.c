#include "plic.h"

#include "machine.h"

// Context 0 is machine mode of hart 0.
enum {
  PRIORITY = MACHINE_PLIC,
  ENABLE = MACHINE_PLIC + 0x2000,
  THRESHOLD = MACHINE_PLIC + 0x200000,
  CLAIM = MACHINE_PLIC + 0x200004,
};

void plic_enable(uint32_t number) {
  machine_write32(PRIORITY + 4 * number, 1);
  machine_write32(ENABLE, machine_read32(ENABLE) | 1u << number);
  machine_write32(THRESHOLD, 0);
}

uint32_t plic_claim(void) {
  return machine_read32(CLAIM);
}

void plic_complete(uint32_t number) {
  machine_write32(CLAIM, number);
}
