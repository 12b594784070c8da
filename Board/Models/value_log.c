#include "value_log.h"

#include <string.h>

enum {
  SECTOR_MAGIC = 0x4c41564d,
  RECORD_MAGIC = 0x5652,
  // Of the first word of a record where there is none yet.
  ERASED = 0xff,
  WORD = 4,
  RECORD_HEADER_COUNT = 4,
  RECORD_COUNT_MAX = RECORD_HEADER_COUNT + 80 + WORD,
};

// Both in the byte order of the processor, which is the same all the time.
typedef struct sector_header {
  uint32_t magic;
  // The sector with the larger one is in use.
  uint32_t generation;
  uint32_t reserved;
  uint32_t checksum;
} sector_header;

// Magic and sizes; key and value follow, then 0xff up to a multiple of 4, then the checksum of all that.
typedef struct record_header {
  uint16_t magic;
  uint8_t key_count;
  uint8_t value_count;
} record_header;

typedef struct value_record {
  record_header header;
  uint8_t text[RECORD_COUNT_MAX - RECORD_HEADER_COUNT];
} value_record;

_Static_assert(sizeof(value_record) == RECORD_COUNT_MAX, "a record has no gaps");
_Static_assert(
    VALUE_LOG_SECTOR_SIZE_MIN == sizeof(sector_header) + (VALUE_LOG_KEYS_MAX + 1) * RECORD_COUNT_MAX,
    "a sector that holds only the newest records has room for another");

// CRC-32 as in Ethernet.
static uint32_t checksum_of(const void *start, size_t count) {
  const uint8_t *bytes = start;
  uint32_t checksum = UINT32_MAX;
  for (size_t index = 0; index < count; index++) {
    checksum ^= bytes[index];
    for (int bit = 0; bit < 8; bit++) checksum = checksum >> 1 ^ (0xedb88320 & -(checksum & 1));
  }
  return ~checksum;
}

// From the first byte to the checksum's first.
static uint32_t covered_count(const record_header *header) {
  uint32_t count = (uint32_t)RECORD_HEADER_COUNT + header->key_count + header->value_count;
  return (count + WORD - 1) / WORD * WORD;
}

static uint32_t total_count(const record_header *header) {
  return covered_count(header) + WORD;
}

static uint32_t stored_checksum(const value_record *record) {
  uint32_t checksum;
  memcpy(&checksum, (const uint8_t *)record + covered_count(&record->header), sizeof checksum);
  return checksum;
}

static void fill_record(value_record *record, const char *key, const uint8_t *bytes, size_t count) {
  memset(record, ERASED, sizeof *record);
  record->header.magic = RECORD_MAGIC;
  record->header.key_count = (uint8_t)strlen(key);
  record->header.value_count = (uint8_t)count;
  memcpy(record->text, key, record->header.key_count);
  if (count > 0) memcpy(record->text + record->header.key_count, bytes, count);
  uint32_t checksum = checksum_of(record, covered_count(&record->header));
  memcpy((uint8_t *)record + covered_count(&record->header), &checksum, sizeof checksum);
}

static bool is_valid_header(const record_header *header) {
  return header->magic == RECORD_MAGIC && header->key_count >= 1 && header->key_count <= VALUE_LOG_KEY_COUNT_MAX &&
         header->value_count <= VALUE_LOG_VALUE_COUNT_MAX;
}

typedef enum record_state {
  RECORD_VALID,
  // Nothing was written here.
  RECORD_NONE,
  RECORD_DAMAGED,
  RECORD_UNREADABLE,
} record_state;

static record_state read_record(const value_log *log, uint32_t offset, value_record *record) {
  const value_flash *flash = log->flash;
  uint32_t room = flash->sector_size - offset;
  if (room < RECORD_HEADER_COUNT) return RECORD_DAMAGED;
  if (!flash->read(flash->context, log->sector, offset, &record->header, RECORD_HEADER_COUNT)) return RECORD_UNREADABLE;
  static const uint8_t nothing[RECORD_HEADER_COUNT] = {ERASED, ERASED, ERASED, ERASED};
  if (memcmp(&record->header, nothing, sizeof nothing) == 0) return RECORD_NONE;
  if (!is_valid_header(&record->header) || total_count(&record->header) > room) return RECORD_DAMAGED;
  uint32_t rest = total_count(&record->header) - RECORD_HEADER_COUNT;
  if (!flash->read(flash->context, log->sector, offset + RECORD_HEADER_COUNT, record->text, rest)) {
    return RECORD_UNREADABLE;
  }
  bool is_intact = stored_checksum(record) == checksum_of(record, covered_count(&record->header));
  return is_intact ? RECORD_VALID : RECORD_DAMAGED;
}

// Whether the record at `offset`, which was found valid before, has this key.
static bool has_key(const value_log *log, uint32_t offset, const void *key, size_t count) {
  const value_flash *flash = log->flash;
  uint8_t start[RECORD_HEADER_COUNT + (VALUE_LOG_KEY_COUNT_MAX + WORD - 1) / WORD * WORD];
  uint32_t start_count = (uint32_t)(RECORD_HEADER_COUNT + count);
  record_header header;
  if (!flash->read(flash->context, log->sector, offset, start, start_count)) return false;
  memcpy(&header, start, sizeof header);
  return header.key_count == count && memcmp(start + RECORD_HEADER_COUNT, key, count) == 0;
}

// The place of the key in `records`, or `record_count` if it has none.
static uint32_t place_of(const value_log *log, const void *key, size_t count) {
  uint32_t place = 0;
  while (place < log->record_count && !has_key(log, log->records[place], key, count)) place++;
  return place;
}

// Remembers that the newest record of this key is at `offset`.
static bool note(value_log *log, const void *key, size_t count, uint32_t offset) {
  uint32_t place = place_of(log, key, count);
  if (place == VALUE_LOG_KEYS_MAX) return false;
  log->records[place] = offset;
  if (place == log->record_count) log->record_count++;
  return true;
}

// MARK: Opening

static value_log_result read_sector_header(const value_flash *flash, uint32_t sector, sector_header *header) {
  if (!flash->read(flash->context, sector, 0, header, sizeof *header)) return VALUE_LOG_FLASH_FAILED;
  bool is_intact = header->checksum == checksum_of(header, sizeof *header - sizeof header->checksum);
  return header->magic == SECTOR_MAGIC && is_intact ? VALUE_LOG_OK : VALUE_LOG_MISSING;
}

static value_log_result find_sector(value_log *log) {
  for (uint32_t sector = 0; sector < VALUE_LOG_SECTOR_COUNT; sector++) {
    sector_header header;
    value_log_result result = read_sector_header(log->flash, sector, &header);
    if (result == VALUE_LOG_FLASH_FAILED) return result;
    if (result != VALUE_LOG_OK || (log->is_formatted && header.generation < log->generation)) continue;
    log->is_formatted = true;
    log->sector = sector;
    log->generation = header.generation;
  }
  return VALUE_LOG_OK;
}

value_log_result value_log_open(value_log *log, const value_flash *flash) {
  memset(log, 0, sizeof *log);
  log->flash = flash;
  // Nowhere to write until a sector is prepared.
  log->end = flash->sector_size;
  value_log_result result = find_sector(log);
  if (result != VALUE_LOG_OK || !log->is_formatted) return result;
  uint32_t offset = sizeof(sector_header);
  // Each round goes on by at least a word.
  for (;;) {
    value_record record;
    switch (read_record(log, offset, &record)) {
    case RECORD_VALID:
      if (!note(log, record.text, record.header.key_count, offset)) return VALUE_LOG_OK;
      offset += total_count(&record.header);
      break;
    case RECORD_NONE:
      log->end = offset;
      return VALUE_LOG_OK;
    case RECORD_DAMAGED:
      return VALUE_LOG_OK;
    case RECORD_UNREADABLE:
      return VALUE_LOG_FLASH_FAILED;
    }
  }
}

// MARK: Reading

value_log_result value_log_read(const value_log *log, const char *key, uint8_t *bytes, size_t *count) {
  size_t key_count = strlen(key);
  if (key_count < 1 || key_count > VALUE_LOG_KEY_COUNT_MAX) return VALUE_LOG_INVALID;
  uint32_t place = place_of(log, key, key_count);
  if (place == log->record_count) return VALUE_LOG_MISSING;
  value_record record;
  if (read_record(log, log->records[place], &record) != RECORD_VALID) return VALUE_LOG_FLASH_FAILED;
  *count = record.header.value_count;
  memcpy(bytes, record.text + key_count, *count);
  return VALUE_LOG_OK;
}

// MARK: Writing

// Programs, and looks whether the flash has it.
static bool program(const value_log *log, uint32_t sector, uint32_t offset, const void *bytes, uint32_t count) {
  const value_flash *flash = log->flash;
  uint8_t read_back[RECORD_COUNT_MAX];
  if (!flash->program(flash->context, sector, offset, bytes, count)) return false;
  if (!flash->read(flash->context, sector, offset, read_back, count)) return false;
  return memcmp(read_back, bytes, count) == 0;
}

// Copies the newest record of each key to the other sector, and puts that in use.
static value_log_result change_sector(value_log *log) {
  value_log next = *log;
  next.sector = log->is_formatted ? 1 - log->sector : 0;
  next.generation = log->generation + 1;
  next.is_formatted = true;
  next.end = sizeof(sector_header);
  if (!log->flash->erase(log->flash->context, next.sector)) return VALUE_LOG_FLASH_FAILED;
  for (uint32_t place = 0; place < log->record_count; place++) {
    value_record record;
    if (read_record(log, log->records[place], &record) != RECORD_VALID) return VALUE_LOG_FLASH_FAILED;
    uint32_t count = total_count(&record.header);
    if (!program(log, next.sector, next.end, &record, count)) return VALUE_LOG_FLASH_FAILED;
    next.records[place] = next.end;
    next.end += count;
  }
  sector_header header = {.magic = SECTOR_MAGIC, .generation = next.generation};
  header.checksum = checksum_of(&header, sizeof header - sizeof header.checksum);
  if (!program(log, next.sector, 0, &header, sizeof header)) return VALUE_LOG_FLASH_FAILED;
  *log = next;
  return VALUE_LOG_OK;
}

static bool is_stored(const value_log *log, uint32_t place, const value_record *wanted) {
  value_record record;
  if (place == log->record_count) return false;
  if (read_record(log, log->records[place], &record) != RECORD_VALID) return false;
  return memcmp(&record, wanted, total_count(&wanted->header)) == 0;
}

value_log_result value_log_write(value_log *log, const char *key, const uint8_t *bytes, size_t count) {
  size_t key_count = strlen(key);
  bool is_valid = key_count >= 1 && key_count <= VALUE_LOG_KEY_COUNT_MAX && count <= VALUE_LOG_VALUE_COUNT_MAX;
  if (!is_valid) return VALUE_LOG_INVALID;
  uint32_t place = place_of(log, key, key_count);
  if (place == VALUE_LOG_KEYS_MAX) return VALUE_LOG_TOO_MANY_KEYS;
  value_record record;
  fill_record(&record, key, bytes, count);
  if (is_stored(log, place, &record)) return VALUE_LOG_OK;
  uint32_t record_count = total_count(&record.header);
  if (log->flash->sector_size - log->end < record_count) {
    value_log_result result = change_sector(log);
    if (result != VALUE_LOG_OK) return result;
  }
  uint32_t offset = log->end;
  // What was programmed in vain may not be written over.
  log->end = log->flash->sector_size;
  if (!program(log, log->sector, offset, &record, record_count)) return VALUE_LOG_FLASH_FAILED;
  log->end = offset + record_count;
  note(log, key, key_count, offset);
  return VALUE_LOG_OK;
}
