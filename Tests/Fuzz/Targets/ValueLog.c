// Input: a program of writes, reads, restarts, power failures and damage, on the flash of Tests/Board/Host.
#include "value_log.h"

#include <stdlib.h>

#include "fuzz.h"
#include "simulated_flash.h"

enum { KEY_COUNT = 18 };

// What the log must hold: for each key the last value written, and the one that a power failure may have left.
typedef struct model_value {
  bool is_known;
  uint8_t bytes[VALUE_LOG_VALUE_COUNT_MAX];
  size_t count;
} model_value;

static simulated_flash flash;
static value_flash interface;
static value_log values;
static model_value model[KEY_COUNT];

static void name_key(char key[4], int number) {
  key[0] = 'k';
  key[1] = (char)('a' + number);
  key[2] = 0;
}

static bool reads(int number, model_value *found) {
  char key[4];
  name_key(key, number);
  value_log_result result = value_log_read(&values, key, found->bytes, &found->count);
  require(result == VALUE_LOG_OK || result == VALUE_LOG_MISSING || result == VALUE_LOG_FLASH_FAILED);
  if (result == VALUE_LOG_OK) require(found->count <= VALUE_LOG_VALUE_COUNT_MAX);
  found->is_known = result == VALUE_LOG_OK;
  return found->is_known;
}

static bool is_same(const model_value *one, const model_value *other) {
  if (one->is_known != other->is_known) return false;
  return !one->is_known || (one->count == other->count && memcmp(one->bytes, other->bytes, one->count) == 0);
}

// Every key has its value; `cut`, where a write was cut off, also `next`.
static void check_all(int cut, const model_value *next) {
  if (flash.is_damaged) return;
  for (int number = 0; number < KEY_COUNT; number++) {
    model_value found = {0};
    reads(number, &found);
    bool is_next = number == cut && is_same(&found, next);
    require(is_next || is_same(&found, &model[number]));
    if (is_next) model[number] = *next;
  }
}

static void restart(void) {
  flash.is_off = false;
  flash.steps_left = -1;
  require(value_log_open(&values, &interface) == VALUE_LOG_OK);
}

static void write_value(fuzz_program *program) {
  int number = fuzz_byte(program) % KEY_COUNT;
  model_value next = {.is_known = true};
  char key[4];
  name_key(key, number);
  next.count = fuzz_byte(program) % (VALUE_LOG_VALUE_COUNT_MAX + 2);
  size_t kept = next.count <= VALUE_LOG_VALUE_COUNT_MAX ? next.count : VALUE_LOG_VALUE_COUNT_MAX;
  memset(next.bytes, fuzz_byte(program), kept);
  uint8_t bytes[VALUE_LOG_VALUE_COUNT_MAX + 1] = {0};
  memcpy(bytes, next.bytes, kept);
  value_log_result result = value_log_write(&values, key, bytes, next.count);
  if (next.count > VALUE_LOG_VALUE_COUNT_MAX) {
    require(result == VALUE_LOG_INVALID);
  } else if (flash.is_off) {
    require(result == VALUE_LOG_FLASH_FAILED);
    restart();
    check_all(number, &next);
  } else if (result == VALUE_LOG_OK) {
    model[number] = next;
    check_all(-1, NULL);
  } else {
    // Room that looks erased may not be when the flash was damaged; else there is only one reason.
    require(flash.is_damaged || result == VALUE_LOG_TOO_MANY_KEYS);
  }
}

static void damage(fuzz_program *program) {
  unsigned place = (unsigned)fuzz_byte(program) << 8 | fuzz_byte(program);
  flash.bytes[place & 1][(place >> 1) % FLASH_SECTOR_SIZE] = fuzz_byte(program);
  flash.is_damaged = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t count) {
  fuzz_program program = {input, count};
  memset(model, 0, sizeof model);
  flash_start(&flash, fuzz_byte(&program) & 1 ? 0xff : 0x00);
  interface = flash_interface(&flash);
  restart();
  while (program.count > 0) {
    switch (fuzz_byte(&program) % 8) {
    case 0: restart(); break;
    case 1: flash.steps_left = (long)fuzz_byte(&program) * 3; break;
    case 2:
      if (fuzz_byte(&program) % 8 == 0) damage(&program);
      break;
    default: write_value(&program);
    }
  }
  // Whatever it holds, it takes a value at the second try.
  restart();
  uint8_t byte = 1;
  value_log_result result = value_log_write(&values, "ka", &byte, 1);
  if (result == VALUE_LOG_FLASH_FAILED) result = value_log_write(&values, "ka", &byte, 1);
  require(result == VALUE_LOG_OK || result == VALUE_LOG_TOO_MANY_KEYS);
  return 0;
}
