// Where QEMU's `virt` machine has its devices (QEMU 7.2, hw/riscv/virt.c), and how they are reached.
#ifndef MACHINE_H
#define MACHINE_H

#include <stdint.h>

enum {
  // SiFive's test finisher: resets the machine.
  MACHINE_TEST = 0x00100000,
  // Goldfish real time clock.
  MACHINE_RTC = 0x00101000,
  // Core local interruptor: mtimecmp of the only hart.
  MACHINE_MTIMECMP = 0x02004000,
  // Platform level interrupt controller.
  MACHINE_PLIC = 0x0c000000,
  // 16550.
  MACHINE_UART = 0x10000000,
  // Eight virtio slots; the interrupt of slot n is n + 1.
  MACHINE_VIRTIO = 0x10001000,
  MACHINE_VIRTIO_STRIDE = 0x1000,
  MACHINE_VIRTIO_COUNT = 8,
  MACHINE_VIRTIO_INTERRUPT = 1,
  // Flash unit 1: two 16-bit chips side by side, sectors of 256 KB.
  MACHINE_FLASH = 0x22000000,
  MACHINE_FLASH_SIZE = 0x02000000,
};

static inline uint8_t machine_read8(uintptr_t address) {
  return *(volatile uint8_t *)address;
}

static inline void machine_write8(uintptr_t address, uint8_t value) {
  *(volatile uint8_t *)address = value;
}

static inline uint16_t machine_read16(uintptr_t address) {
  return *(volatile uint16_t *)address;
}

static inline uint32_t machine_read32(uintptr_t address) {
  return *(volatile uint32_t *)address;
}

static inline void machine_write32(uintptr_t address, uint32_t value) {
  *(volatile uint32_t *)address = value;
}

// Orders accesses to memory that a device shares, and to its registers.
static inline void machine_fence(void) {
  __asm__ volatile("fence iorw, iorw" ::: "memory");
}

#endif
