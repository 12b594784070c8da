#include "pflash.h"

#include <string.h>

#include "../Start/cpu.h"
#include "machine.h"

// Two 16-bit chips side by side make a word: each command goes to both, and both answer.
enum {
  COMMAND_QUERY = 0x00980098,
  COMMAND_READ = 0x00ff00ff,
  COMMAND_PROGRAM = 0x00400040,
  COMMAND_ERASE = 0x00200020,
  COMMAND_CONFIRM = 0x00d000d0,
  COMMAND_CLEAR_STATUS = 0x00500050,

  STATUS_READY = 0x00800080,
  // Erase, program, voltage and lock errors.
  STATUS_ERRORS = 0x003a003a,

  // Where the answer to a query begins, in words: Q, R, Y.
  QUERY_OFFSET = 0x10 * 4,
  WORD = 4,
};

enum {
  PROGRAM_WAIT_MILLISECONDS = 10,
  ERASE_WAIT_MILLISECONDS = 4000,
};

static bool is_present;

bool pflash_start(void) {
  machine_write32(MACHINE_FLASH + 0x55 * WORD, COMMAND_QUERY);
  static const char expected[] = "QRY";
  is_present = true;
  for (uint32_t index = 0; index < sizeof expected - 1; index++) {
    uint32_t both = (uint32_t)expected[index] * 0x00010001;
    if (machine_read32(MACHINE_FLASH + QUERY_OFFSET + index * WORD) != both) is_present = false;
  }
  machine_write32(MACHINE_FLASH, COMMAND_READ);
  return is_present;
}

static bool is_inside(uint32_t offset, uint32_t count) {
  return is_present && offset <= MACHINE_FLASH_SIZE && count <= MACHINE_FLASH_SIZE - offset;
}

bool pflash_read(uint32_t offset, void *bytes, uint32_t count) {
  if (!is_inside(offset, count)) return false;
  uint8_t *output = bytes;
  for (uint32_t index = 0; index < count; index++) output[index] = machine_read8(MACHINE_FLASH + offset + index);
  return true;
}

// Waits for both chips, and takes them back to reading.
static bool finish(uintptr_t address, uint32_t milliseconds) {
  uint64_t deadline = cpu_time() + (uint64_t)milliseconds * CPU_TICKS_PER_MILLISECOND;
  uint32_t status = machine_read32(address);
  while ((status & STATUS_READY) != STATUS_READY && cpu_time() < deadline) status = machine_read32(address);
  machine_write32(address, COMMAND_CLEAR_STATUS);
  machine_write32(address, COMMAND_READ);
  return (status & STATUS_READY) == STATUS_READY && (status & STATUS_ERRORS) == 0;
}

bool pflash_program(uint32_t offset, const void *bytes, uint32_t count) {
  const uint8_t *input = bytes;
  if (!is_inside(offset, count) || offset % WORD != 0 || count % WORD != 0) return false;
  for (uint32_t index = 0; index < count; index += WORD) {
    uintptr_t address = MACHINE_FLASH + offset + index;
    uint32_t word;
    memcpy(&word, input + index, sizeof word);
    machine_write32(address, COMMAND_PROGRAM);
    machine_write32(address, word);
    if (!finish(address, PROGRAM_WAIT_MILLISECONDS)) return false;
  }
  return true;
}

bool pflash_erase(uint32_t sector) {
  if (!is_present || sector >= MACHINE_FLASH_SIZE / PFLASH_SECTOR_SIZE) return false;
  uintptr_t address = MACHINE_FLASH + sector * PFLASH_SECTOR_SIZE;
  machine_write32(address, COMMAND_ERASE);
  machine_write32(address, COMMAND_CONFIRM);
  return finish(address, ERASE_WAIT_MILLISECONDS);
}
