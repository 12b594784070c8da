// NOR flash for tests: two sectors, bits that only go from 1 to 0, and power that fails.
#ifndef SIMULATED_FLASH_H
#define SIMULATED_FLASH_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "check.h"
#include "value_log.h"

enum {
  FLASH_SECTOR_SIZE = VALUE_LOG_SECTOR_SIZE_MIN,
  // An erasure takes as many steps of power as the programming of so many bytes.
  FLASH_ERASE_STEPS = 24,
};

typedef struct simulated_flash {
  uint8_t bytes[VALUE_LOG_SECTOR_COUNT][FLASH_SECTOR_SIZE];
  // Steps until power fails in the middle of the next; programming a byte is one. Below 0: never.
  long steps_left;
  bool is_off;
  uint64_t random;
  // Used so far.
  long step_count;
  long erase_count[VALUE_LOG_SECTOR_COUNT];
  // A byte whose lowest bit stays 1; beyond the sectors for none.
  uint32_t stuck_offset;
  // Whether bytes were changed from outside.
  bool is_damaged;
} simulated_flash;

// Whether there is power for another step.
static inline bool flash_step(simulated_flash *flash) {
  flash->step_count++;
  if (flash->steps_left == 0) flash->is_off = true;
  if (flash->steps_left > 0) flash->steps_left--;
  return !flash->is_off;
}

static inline bool flash_read(void *context, uint32_t sector, uint32_t offset, void *bytes, uint32_t count) {
  simulated_flash *flash = context;
  assert(sector < VALUE_LOG_SECTOR_COUNT && offset <= FLASH_SECTOR_SIZE && count <= FLASH_SECTOR_SIZE - offset);
  if (flash->is_off) return false;
  memcpy(bytes, flash->bytes[sector] + offset, count);
  return true;
}

static inline bool flash_program(void *context, uint32_t sector, uint32_t offset, const void *bytes, uint32_t count) {
  simulated_flash *flash = context;
  const uint8_t *input = bytes;
  assert(sector < VALUE_LOG_SECTOR_COUNT && offset <= FLASH_SECTOR_SIZE && count <= FLASH_SECTOR_SIZE - offset);
  assert(offset % 4 == 0 && count % 4 == 0);
  for (uint32_t index = 0; index < count && !flash->is_off; index++) {
    uint8_t *byte = &flash->bytes[sector][offset + index];
    // Nothing is written where something is, unless the log cannot know.
    assert(*byte == 0xff || flash->is_damaged);
    // When power fails, some of the bits have changed.
    uint8_t kept = flash_step(flash) ? 0 : (uint8_t)check_random(&flash->random);
    if (offset + index == flash->stuck_offset) kept |= 1;
    *byte &= (uint8_t)(input[index] | kept);
  }
  return !flash->is_off;
}

static inline bool flash_erase(void *context, uint32_t sector) {
  simulated_flash *flash = context;
  assert(sector < VALUE_LOG_SECTOR_COUNT);
  if (flash->is_off) return false;
  flash->erase_count[sector]++;
  for (int step = 0; step < FLASH_ERASE_STEPS && !flash->is_off; step++) {
    uint8_t *part = flash->bytes[sector] + step * (FLASH_SECTOR_SIZE / FLASH_ERASE_STEPS);
    bool has_power = flash_step(flash);
    for (int index = 0; index < FLASH_SECTOR_SIZE / FLASH_ERASE_STEPS; index++) {
      part[index] |= has_power ? 0xff : (uint8_t)check_random(&flash->random);
    }
  }
  return !flash->is_off;
}

// A flash that holds `fill` in every byte.
static inline void flash_start(simulated_flash *flash, uint8_t fill) {
  memset(flash, 0, sizeof *flash);
  memset(flash->bytes, fill, sizeof flash->bytes);
  flash->steps_left = -1;
  flash->stuck_offset = UINT32_MAX;
}

static inline value_flash flash_interface(simulated_flash *flash) {
  return (value_flash){
      .context = flash,
      .sector_size = FLASH_SECTOR_SIZE,
      .read = flash_read,
      .program = flash_program,
      .erase = flash_erase,
  };
}

#endif
