// Finds files in a tar archive in memory (POSIX's ustar format; pax, "ustar Interchange Format").
#ifndef TAR_ARCHIVE_H
#define TAR_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  // Entries of an archive that are looked at.
  TAR_ENTRY_COUNT_MAX = 64,
};

typedef enum tar_state {
  // An archive with at least one entry.
  TAR_GOOD,
  // Nothing, or zeros.
  TAR_EMPTY,
  TAR_TOO_MANY_ENTRIES,
  // Not an archive, or damaged.
  TAR_FAULTY,
} tar_state;

// Looks through the archive in the `count` bytes at `bytes`; how many good entries there are in `entry_count`.
tar_state tar_check(const uint8_t *bytes, size_t count, uint32_t *entry_count);

// Finds the file `name` (NUL-terminated, in no folder) among the good entries: where it lies, and its size. False when
// it is not there.
bool tar_find(const uint8_t *bytes, size_t count, const char *name, const uint8_t **file, size_t *file_count);

#endif
