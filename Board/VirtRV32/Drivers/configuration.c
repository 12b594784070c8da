#include "configuration.h"

#include <string.h>

#include "console.h"

// Symbols of link.ld.
extern const char __configuration_start[];
extern const char __configuration_end[];

enum {
  BLOCK_COUNT = 512,
  // More values than a board has, and a limit on the walk.
  ENTRY_COUNT_MAX = 64,
  TYPE_FILE = '0',
  TYPE_FILE_OLD = 0,
};

// A header block of POSIX's ustar format (pax, "ustar Interchange Format"). Numbers are octal digits.
typedef struct tar_header {
  char name[100];
  char mode[8];
  char owner[8];
  char group[8];
  char size[12];
  char time[12];
  char checksum[8];
  char type;
  char rest[355];
} tar_header;

_Static_assert(sizeof(tar_header) == BLOCK_COUNT, "a tar header is a block");

typedef enum tar_step {
  TAR_ENTRY,
  TAR_END,
  TAR_FAULT,
} tar_step;

// A place in the archive, and the entry found there.
typedef struct tar_walk {
  size_t offset;
  const tar_header *header;
  const uint8_t *bytes;
  size_t count;
} tar_walk;

// Octal digits up to a blank or NUL; false when there is anything else.
static bool read_octal(const char *digits, size_t count, size_t *value) {
  *value = 0;
  size_t index = 0;
  while (index < count && digits[index] == ' ') index++;
  if (index == count) return false;
  for (; index < count && digits[index] != 0 && digits[index] != ' '; index++) {
    if (digits[index] < '0' || digits[index] > '7' || *value > SIZE_MAX >> 3) return false;
    *value = *value << 3 | (size_t)(digits[index] - '0');
  }
  return true;
}

// The sum of all bytes, those of the checksum counted as blanks.
static size_t checksum_of(const tar_header *header) {
  const uint8_t *bytes = (const uint8_t *)header;
  size_t sum = sizeof header->checksum * ' ';
  for (size_t index = 0; index < sizeof *header; index++) sum += bytes[index];
  for (size_t index = 0; index < sizeof header->checksum; index++) sum -= (uint8_t)header->checksum[index];
  return sum;
}

static bool is_blank(const tar_header *header) {
  const uint8_t *bytes = (const uint8_t *)header;
  for (size_t index = 0; index < sizeof *header; index++) {
    if (bytes[index] != 0) return false;
  }
  return true;
}

static tar_step next_entry(tar_walk *walk) {
  size_t end = (size_t)(__configuration_end - __configuration_start);
  if (end - walk->offset < BLOCK_COUNT) return TAR_END;
  walk->header = (const tar_header *)(__configuration_start + walk->offset);
  if (is_blank(walk->header)) return TAR_END;
  size_t checksum;
  if (!read_octal(walk->header->checksum, sizeof walk->header->checksum, &checksum)) return TAR_FAULT;
  if (checksum != checksum_of(walk->header)) return TAR_FAULT;
  if (!read_octal(walk->header->size, sizeof walk->header->size, &walk->count)) return TAR_FAULT;
  walk->offset += BLOCK_COUNT;
  if (walk->count > end - walk->offset) return TAR_FAULT;
  walk->bytes = (const uint8_t *)__configuration_start + walk->offset;
  // The archive's part of memory is whole blocks, so rounding up stays within it.
  walk->offset += (walk->count + BLOCK_COUNT - 1) / BLOCK_COUNT * BLOCK_COUNT;
  return TAR_ENTRY;
}

static bool is_file_of(const tar_header *header, const char *key) {
  if (header->type != TYPE_FILE && header->type != TYPE_FILE_OLD) return false;
  const char *name = header->name;
  size_t capacity = sizeof header->name;
  if (name[0] == '.' && name[1] == '/') {
    name += 2;
    capacity -= 2;
  }
  size_t key_count = strlen(key);
  return key_count < capacity && memcmp(name, key, key_count + 1) == 0;
}

void configuration_start(void) {
  tar_walk walk = {0};
  uint32_t entry_count = 0;
  tar_step step = next_entry(&walk);
  while (step == TAR_ENTRY && ++entry_count < ENTRY_COUNT_MAX) step = next_entry(&walk);
  if (step == TAR_END && entry_count > 0) return;
  console_begin(BOARD_LOG_WARNING);
  console_text("configuration: ");
  switch (step) {
  case TAR_ENTRY: console_text("more files in the archive than are looked at"); break;
  case TAR_END: console_text("no archive; give QEMU one with -device loader"); break;
  case TAR_FAULT: console_text("not a tar archive, or damaged"); break;
  }
  console_text(" (entry ");
  console_decimal(entry_count + 1);
  console_text(")");
  console_end();
}

bool configuration_find(const char *key, const uint8_t **bytes, size_t *count) {
  tar_walk walk = {0};
  for (int entry = 0; entry < ENTRY_COUNT_MAX && next_entry(&walk) == TAR_ENTRY; entry++) {
    if (!is_file_of(walk.header, key)) continue;
    *bytes = walk.bytes;
    *count = walk.count;
    return true;
  }
  return false;
}
