// Input: an archive with a board's configuration, as it lies in flash.
#include "tar_archive.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static const char *const names[] = {"host", "ca", "x", "a/b", ""};

// The first file of this name, found with nothing but the entries' places.
static void check_file(const uint8_t *bytes, size_t count, const char *name, const uint8_t *file, size_t file_count) {
  require(file >= bytes + 512 && file_count <= (size_t)(bytes + count - file));
  require((file - bytes) % 512 == 0);
  const uint8_t *header = file - 512;
  const uint8_t *stored = header[0] == '.' && header[1] == '/' ? header + 2 : header;
  require(memcmp(stored, name, strlen(name) + 1) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t count) {
  // Memory of exactly this size, so that the sanitizer sees each byte too much.
  uint8_t *bytes = malloc(count);
  if (count > 0) memcpy(bytes, input, count);
  uint32_t entry_count = 0;
  tar_state state = tar_check(bytes, count, &entry_count);
  require(entry_count <= TAR_ENTRY_COUNT_MAX && entry_count <= count / 512);
  require((state == TAR_EMPTY) <= (entry_count == 0));
  require((state == TAR_GOOD) <= (entry_count > 0));
  for (size_t index = 0; index < sizeof names / sizeof names[0]; index++) {
    const uint8_t *file;
    size_t file_count;
    if (!tar_find(bytes, count, names[index], &file, &file_count)) continue;
    require(entry_count > 0);
    check_file(bytes, count, names[index], file, file_count);
  }
  free(bytes);
  return 0;
}

// Changes as libFuzzer makes them, then the checksums that belong to the headers: nearly all else would end at the first.
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t count, size_t capacity, unsigned seed) {
  count = LLVMFuzzerMutate(bytes, count, capacity);
  if (seed % 8 == 0) return count;
  for (size_t offset = 0; offset + 512 <= count; offset += 512) {
    uint8_t *checksum = bytes + offset + 148;
    unsigned sum = 8 * ' ';
    // Not where a file's contents are: a header has its magic, or any block may be one.
    if (memcmp(bytes + offset + 257, "ustar", 5) != 0 && seed % 8 != 1) continue;
    for (size_t index = 0; index < 512; index++) sum += bytes[offset + index];
    for (size_t index = 0; index < 8; index++) sum -= checksum[index];
    for (int digit = 5; digit >= 0; digit--, sum >>= 3) checksum[digit] = (uint8_t)('0' + (sum & 7));
    checksum[6] = 0;
    checksum[7] = ' ';
  }
  return count;
}
