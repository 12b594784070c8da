// The reader of the configuration's archive, on what tar makes and on what it does not.
//
// usage: tar_archive_test GNU_TAR POSIX_TAR, archives of the same folder with the files `host` (mles.example), `empty`
// and `long` (1,300 bytes of x), and a folder `folder` with a file `host`.
#include "tar_archive.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"

typedef struct archive {
  uint8_t *bytes;
  size_t count;
} archive;

static archive copy(const void *bytes, size_t count) {
  archive result = {malloc(count > 0 ? count : 1), count};
  if (result.bytes == NULL) abort();
  memcpy(result.bytes, bytes, count);
  return result;
}

static archive read_file(const char *path) {
  static uint8_t bytes[1 << 16];
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    perror(path);
    exit(1);
  }
  size_t count = fread(bytes, 1, sizeof bytes, file);
  fclose(file);
  return copy(bytes, count);
}

static bool has(archive archive, const char *name, const char *expected) {
  const uint8_t *file;
  size_t count;
  if (!tar_find(archive.bytes, archive.count, name, &file, &count)) return false;
  return count == strlen(expected) && memcmp(file, expected, count) == 0;
}

static bool lacks(archive archive, const char *name) {
  const uint8_t *file;
  size_t count;
  return !tar_find(archive.bytes, archive.count, name, &file, &count);
}

static tar_state state_of(archive archive) {
  uint32_t entry_count;
  return tar_check(archive.bytes, archive.count, &entry_count);
}

static void test_archive(archive archive, const char *text) {
  char longest[1301];
  memset(longest, 'x', 1300);
  longest[1300] = 0;
  bool is_right = state_of(archive) == TAR_GOOD && has(archive, "host", "mles.example") && has(archive, "empty", "") &&
                  has(archive, "long", longest);
  check(is_right && lacks(archive, "hos") && lacks(archive, "hosts") && lacks(archive, "folder") && lacks(archive, ""),
        text);
}

static void test_nothing(void) {
  archive zeros = {calloc(1, 4096), 4096};
  check(state_of(zeros) == TAR_EMPTY && lacks(zeros, "host"), "zeros are an empty archive");
  memset(zeros.bytes, 0xa5, zeros.count);
  check(state_of(zeros) == TAR_FAULTY && lacks(zeros, "host"), "noise is none");
  zeros.count = 511;
  check(state_of(zeros) == TAR_EMPTY, "nor is less than a block");
  free(zeros.bytes);
}

// Puts the right checksum into the header at `header`.
static void seal(uint8_t *header) {
  unsigned sum = 0;
  memset(header + 148, ' ', 8);
  for (int index = 0; index < 512; index++) sum += header[index];
  snprintf((char *)header + 148, 8, "%06o", sum);
}

static void test_wrong_headers(archive good) {
  static const char *const sizes[] = {
      "99999999999", "77777777777", "17777777777", "00000000x12", "           ", "-0000000001",
  };
  archive changed = copy(good.bytes, good.count);
  bool is_right = true;
  for (size_t index = 0; index < sizeof sizes / sizeof sizes[0]; index++) {
    memcpy(changed.bytes + 124, sizes[index], 11);
    seal(changed.bytes);
    is_right = is_right && state_of(changed) == TAR_FAULTY && lacks(changed, "host");
  }
  check(is_right, "a file larger than the archive, or of no size, is a fault");
  memcpy(changed.bytes, good.bytes, good.count);
  changed.bytes[0] ^= 1;
  check(state_of(changed) == TAR_FAULTY, "a header with a wrong checksum is a fault");
  free(changed.bytes);
}

static void test_many_entries(void) {
  archive many = {calloc(66, 512), 66 * 512};
  for (int entry = 0; entry < 65; entry++) {
    uint8_t *header = many.bytes + entry * 512;
    snprintf((char *)header, 100, "file%d", entry);
    memcpy(header + 124, "00000000000", 12);
    header[156] = '0';
    seal(header);
  }
  check(state_of(many) == TAR_TOO_MANY_ENTRIES && has(many, "file63", "") && lacks(many, "file64"),
        "64 entries are looked at");
  memset(many.bytes + 64 * 512, 0, 512);
  check(state_of(many) == TAR_GOOD, "and 64 are not too many");
  free(many.bytes);
}

static void test_hostile_bytes(archive good) {
  uint64_t random = 5;
  const uint8_t *file;
  size_t count;
  uint32_t entry_count;
  bool is_inside = true;
  for (size_t cut = 0; cut <= good.count; cut++) {
    archive part = copy(good.bytes, cut);
    tar_check(part.bytes, part.count, &entry_count);
    if (tar_find(part.bytes, part.count, "long", &file, &count)) {
      is_inside = is_inside && file >= part.bytes && file + count <= part.bytes + part.count;
    }
    free(part.bytes);
  }
  for (int round = 0; round < 20000; round++) {
    archive changed = copy(good.bytes, good.count);
    for (int change = 0; change < 3; change++) {
      changed.bytes[check_random(&random) % changed.count] = (uint8_t)check_random(&random);
    }
    // Half of them with a right checksum in the first header, so that the rest of it is looked at.
    if (round % 2 == 0) seal(changed.bytes);
    tar_check(changed.bytes, changed.count, &entry_count);
    if (tar_find(changed.bytes, changed.count, "long", &file, &count)) {
      is_inside = is_inside && file >= changed.bytes && file + count <= changed.bytes + changed.count;
    }
    free(changed.bytes);
  }
  check(is_inside, "archives cut off at any byte, and 20,000 with changed bytes: files lie within the archive");
}

int main(int count, char **arguments) {
  if (count != 3) {
    fprintf(stderr, "usage: tar_archive_test GNU_TAR POSIX_TAR\n");
    return 2;
  }
  archive gnu = read_file(arguments[1]);
  archive posix = read_file(arguments[2]);
  test_archive(gnu, "files of an archive in GNU's format");
  test_archive(posix, "files of an archive in POSIX's format");
  test_nothing();
  test_wrong_headers(gnu);
  test_many_entries();
  test_hostile_bytes(gnu);
  free(gnu.bytes);
  free(posix.bytes);
  return check_finish();
}
