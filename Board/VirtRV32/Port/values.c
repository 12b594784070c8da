// Values of board.h: from the configuration.
#include <string.h>

#include "../Drivers/configuration.h"
#include "board.h"

static int32_t code;

int32_t board_value_read(const char *key, uint8_t *bytes, size_t capacity) {
  const uint8_t *value;
  size_t count;
  code = 0;
  if (!configuration_find(key, &value, &count)) return BOARD_VALUE_MISSING;
  if (count > capacity) {
    code = (int32_t)count;
    return BOARD_VALUE_TOO_LARGE;
  }
  memcpy(bytes, value, count);
  return (int32_t)count;
}

int32_t board_value_code(void) {
  return code;
}
