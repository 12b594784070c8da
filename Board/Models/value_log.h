// Small values in flash: a log of records in two sectors, of which one is in use.
//
// A value is written behind the last record; the newest record of a key counts. When the sector is full, the other one
// is erased, the newest record of each key is copied there, and then, as the last step, its header is written, which
// puts it in use. So each sector is erased once for as many writes as it holds.
//
// Power may fail at any byte: a record counts when its checksum, which is written last, is right, and a sector when its
// header is. After the next start a key has the value before or after the write that was cut off; every other key has
// its own. A record that was cut off ends the log: the next write goes to the other sector.
#ifndef VALUE_LOG_H
#define VALUE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  VALUE_LOG_SECTOR_COUNT = 2,
  // Bytes of a key, and of a value.
  VALUE_LOG_KEY_COUNT_MAX = 15,
  VALUE_LOG_VALUE_COUNT_MAX = 64,
  // Keys in all. A sector must hold the longest record of each, and one more: 16 + (16 + 1) * 88 bytes.
  VALUE_LOG_KEYS_MAX = 16,
  VALUE_LOG_SECTOR_SIZE_MIN = 1512,
};

// The flash: two sectors, numbered 0 and 1. Erased bits are 1; programming makes them 0. Each function returns false
// when the flash fails.
typedef struct value_flash {
  void *context;
  // In bytes, a multiple of 4, at least VALUE_LOG_SECTOR_SIZE_MIN.
  uint32_t sector_size;
  bool (*read)(void *context, uint32_t sector, uint32_t offset, void *bytes, uint32_t count);
  // `offset` and `count` are multiples of 4; writes in ascending order.
  bool (*program)(void *context, uint32_t sector, uint32_t offset, const void *bytes, uint32_t count);
  bool (*erase)(void *context, uint32_t sector);
} value_flash;

typedef enum value_log_result {
  VALUE_LOG_OK = 0,
  VALUE_LOG_MISSING,
  // A key or value longer than the above, or an empty key.
  VALUE_LOG_INVALID,
  // VALUE_LOG_KEYS_MAX keys are there, and this is another one.
  VALUE_LOG_TOO_MANY_KEYS,
  // The flash failed, or does not hold what was written to it.
  VALUE_LOG_FLASH_FAILED,
} value_log_result;

typedef struct value_log {
  const value_flash *flash;
  // Whether a sector is in use; if not, the first write prepares one.
  bool is_formatted;
  uint32_t sector;
  uint32_t generation;
  // Where the next record goes; nowhere in this sector if that is its end.
  uint32_t end;
  // Where the newest record of each key is.
  uint32_t records[VALUE_LOG_KEYS_MAX];
  uint32_t record_count;
} value_log;

// Finds the values in `flash`, whatever it holds; writes nothing.
value_log_result value_log_open(value_log *log, const value_flash *flash);

// The value of `key` (NUL-terminated), its size in `count`; `bytes` has VALUE_LOG_VALUE_COUNT_MAX bytes.
value_log_result value_log_read(const value_log *log, const char *key, uint8_t *bytes, size_t *count);

// Stores a value; the flash is left alone when it is the same as before.
value_log_result value_log_write(value_log *log, const char *key, const uint8_t *bytes, size_t count);

#endif
