#include "tar_archive.h"

#include <string.h>

enum {
  BLOCK_COUNT = 512,
  TYPE_FILE = '0',
  TYPE_FILE_OLD = 0,
};

// A header block. Numbers are octal digits.
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
  STEP_ENTRY,
  STEP_END,
  STEP_FAULT,
} tar_step;

// A place in an archive, and the entry found there.
typedef struct tar_walk {
  const uint8_t *rest;
  size_t rest_count;
  const tar_header *header;
  const uint8_t *file;
  size_t file_count;
} tar_walk;

// Octal digits up to a blank or NUL; false when there is anything else, or too many of them.
static bool read_octal(const char *digits, size_t count, size_t *value) {
  size_t index = 0;
  while (index < count && digits[index] == ' ') index++;
  size_t first = index;
  *value = 0;
  for (; index < count && digits[index] != 0 && digits[index] != ' '; index++) {
    if (digits[index] < '0' || digits[index] > '7' || *value > SIZE_MAX >> 3) return false;
    *value = *value << 3 | (size_t)(digits[index] - '0');
  }
  return index > first;
}

// The sum of all bytes, those of the checksum counted as blanks.
static size_t checksum_of(const tar_header *header) {
  const uint8_t *bytes = (const uint8_t *)header;
  size_t sum = sizeof header->checksum * ' ';
  for (size_t index = 0; index < sizeof *header; index++) sum += bytes[index];
  for (size_t index = 0; index < sizeof header->checksum; index++) sum -= (uint8_t)header->checksum[index];
  return sum;
}

static bool is_zero(const tar_header *header) {
  const uint8_t *bytes = (const uint8_t *)header;
  for (size_t index = 0; index < sizeof *header; index++) {
    if (bytes[index] != 0) return false;
  }
  return true;
}

static void skip(tar_walk *walk, size_t count) {
  walk->rest += count;
  walk->rest_count -= count;
}

static tar_step next_entry(tar_walk *walk) {
  if (walk->rest_count < BLOCK_COUNT) return STEP_END;
  walk->header = (const tar_header *)walk->rest;
  if (is_zero(walk->header)) return STEP_END;
  size_t checksum;
  if (!read_octal(walk->header->checksum, sizeof walk->header->checksum, &checksum)) return STEP_FAULT;
  if (checksum != checksum_of(walk->header)) return STEP_FAULT;
  if (!read_octal(walk->header->size, sizeof walk->header->size, &walk->file_count)) return STEP_FAULT;
  skip(walk, BLOCK_COUNT);
  if (walk->file_count > walk->rest_count) return STEP_FAULT;
  walk->file = walk->rest;
  size_t padding = (BLOCK_COUNT - walk->file_count % BLOCK_COUNT) % BLOCK_COUNT;
  skip(walk, walk->file_count);
  skip(walk, padding < walk->rest_count ? padding : walk->rest_count);
  return STEP_ENTRY;
}

tar_state tar_check(const uint8_t *bytes, size_t count, uint32_t *entry_count) {
  tar_walk walk = {.rest = bytes, .rest_count = count};
  for (*entry_count = 0; *entry_count < TAR_ENTRY_COUNT_MAX; *entry_count += 1) {
    tar_step step = next_entry(&walk);
    if (step == STEP_FAULT) return TAR_FAULTY;
    if (step == STEP_END) return *entry_count > 0 ? TAR_GOOD : TAR_EMPTY;
  }
  return next_entry(&walk) == STEP_END ? TAR_GOOD : TAR_TOO_MANY_ENTRIES;
}

static bool is_file(const tar_header *header, const char *wanted) {
  if (header->type != TYPE_FILE && header->type != TYPE_FILE_OLD) return false;
  // `tar --directory FOLDER .` puts it before each name.
  bool has_dot = header->name[0] == '.' && header->name[1] == '/';
  const char *name = has_dot ? header->name + 2 : header->name;
  size_t capacity = sizeof header->name - (has_dot ? 2 : 0);
  size_t wanted_count = strlen(wanted);
  return wanted_count < capacity && memcmp(name, wanted, wanted_count + 1) == 0;
}

bool tar_find(const uint8_t *bytes, size_t count, const char *name, const uint8_t **file, size_t *file_count) {
  tar_walk walk = {.rest = bytes, .rest_count = count};
  for (int entry = 0; entry < TAR_ENTRY_COUNT_MAX && next_entry(&walk) == STEP_ENTRY; entry++) {
    if (!is_file(walk.header, name)) continue;
    *file = walk.file;
    *file_count = walk.file_count;
    return true;
  }
  return false;
}
