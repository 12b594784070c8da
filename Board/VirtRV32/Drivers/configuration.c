#include "configuration.h"

#include "../../Models/tar_archive.h"
#include "console.h"

// Symbols of link.ld.
extern const uint8_t __configuration_start[];
extern const uint8_t __configuration_end[];

static size_t room(void) {
  return (size_t)((uintptr_t)__configuration_end - (uintptr_t)__configuration_start);
}

static const char *state_text(tar_state state) {
  switch (state) {
  case TAR_GOOD: return "good";
  case TAR_EMPTY: return "none; give QEMU an archive with -device loader";
  case TAR_TOO_MANY_ENTRIES: return "more files in the archive than are looked at";
  case TAR_FAULTY: return "not a tar archive, or damaged";
  }
  return "unknown";
}

void configuration_start(void) {
  uint32_t entry_count;
  tar_state state = tar_check(__configuration_start, room(), &entry_count);
  if (state == TAR_GOOD) return;
  console_begin(BOARD_LOG_WARNING);
  console_text("configuration: ");
  console_text(state_text(state));
  console_text("; entries read: ");
  console_decimal(entry_count);
  console_end();
}

bool configuration_find(const char *key, const uint8_t **bytes, size_t *count) {
  return tar_find(__configuration_start, room(), key, bytes, count);
}
