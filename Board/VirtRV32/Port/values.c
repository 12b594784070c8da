#include "values.h"

#include <string.h>

#include "../../Models/value_log.h"
#include "../Drivers/configuration.h"
#include "../Drivers/console.h"
#include "../Drivers/pflash.h"
#include "board.h"

enum {
  // Of each of the first two sectors of the flash, so much is used: hundreds of values between two erasures, and a
  // quick look for the newest at each start.
  LOG_SECTOR_SIZE = 16 * 1024,
};

static value_log stored;
// Whether `stored` can be read. Without it values come from the configuration only.
static bool is_open;
// A value_log_result, or the size of a value that was too large.
static int32_t code;

static uint32_t offset_of(uint32_t sector, uint32_t offset) {
  return sector * PFLASH_SECTOR_SIZE + offset;
}

static bool read_flash(void *context, uint32_t sector, uint32_t offset, void *bytes, uint32_t count) {
  (void)context;
  return pflash_read(offset_of(sector, offset), bytes, count);
}

static bool program_flash(void *context, uint32_t sector, uint32_t offset, const void *bytes, uint32_t count) {
  (void)context;
  return pflash_program(offset_of(sector, offset), bytes, count);
}

static bool erase_flash(void *context, uint32_t sector) {
  (void)context;
  return pflash_erase(sector);
}

static const value_flash flash = {
    .sector_size = LOG_SECTOR_SIZE,
    .read = read_flash,
    .program = program_flash,
    .erase = erase_flash,
};

void values_start(void) {
  is_open = pflash_start() && value_log_open(&stored, &flash) == VALUE_LOG_OK;
  if (!is_open) {
    console_line(BOARD_LOG_ERROR, "values: the flash does not answer: nothing can be stored");
  } else if (!stored.is_formatted) {
    console_line(BOARD_LOG_INFO, "values: the flash is blank");
  }
}

static int32_t too_large(size_t count) {
  code = (int32_t)count;
  return BOARD_VALUE_TOO_LARGE;
}

static int32_t failed(value_log_result result) {
  code = (int32_t)result;
  return BOARD_VALUE_FAILED;
}

int32_t board_value_read(const char *key, uint8_t *bytes, size_t capacity) {
  uint8_t small[VALUE_LOG_VALUE_COUNT_MAX];
  const uint8_t *value = small;
  size_t count = 0;
  code = 0;
  value_log_result result = is_open ? value_log_read(&stored, key, small, &count) : VALUE_LOG_MISSING;
  if (result == VALUE_LOG_MISSING && !configuration_find(key, &value, &count)) return BOARD_VALUE_MISSING;
  if (result != VALUE_LOG_MISSING && result != VALUE_LOG_OK) return failed(result);
  if (count > capacity) return too_large(count);
  memcpy(bytes, value, count);
  return (int32_t)count;
}

int32_t board_value_write(const char *key, const uint8_t *bytes, size_t count) {
  code = 0;
  if (count > VALUE_LOG_VALUE_COUNT_MAX) return too_large(count);
  value_log_result result = is_open ? value_log_write(&stored, key, bytes, count) : VALUE_LOG_FLASH_FAILED;
  if (result == VALUE_LOG_OK) return 0;
  return result == VALUE_LOG_TOO_MANY_KEYS ? BOARD_VALUE_STORE_FULL : failed(result);
}

int32_t board_value_code(void) {
  return code;
}
