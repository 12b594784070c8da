// The console.
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "esp_log.h"
#include "port.h"
#include "sdkconfig.h"

enum { LINE_BYTES_MAX = 255 };

static char letter_of(board_log_level level) {
  switch (level) {
    case BOARD_LOG_DEBUG:
      return 'D';
    case BOARD_LOG_INFO:
      return 'I';
    case BOARD_LOG_WARNING:
      return 'W';
    case BOARD_LOG_ERROR:
      break;
  }
  return 'E';
}

// In ESP-IDF's own form, which its monitor colours.
void board_log(board_log_level level, const uint8_t *line, size_t count) {
  if (level == BOARD_LOG_DEBUG && CONFIG_LOG_DEFAULT_LEVEL < ESP_LOG_DEBUG) return;
  if (count > LINE_BYTES_MAX) count = LINE_BYTES_MAX;
  char text[LINE_BYTES_MAX + 1];
  for (size_t index = 0; index < count; index++) {
    // Text from outside must not move a terminal's cursor.
    bool is_control = line[index] < 0x20 || line[index] == 0x7F;
    text[index] = is_control ? '?' : (char)line[index];
  }
  text[count] = 0;
  printf("%c (%" PRIu32 ") mles: %s\n", letter_of(level), esp_log_timestamp(), text);
}

void port_log(board_log_level level, const char *format, ...) {
  char text[LINE_BYTES_MAX + 1];
  va_list arguments;
  va_start(arguments, format);
  int count = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (count < 0) return;
  board_log(level, (const uint8_t *)text, strlen(text));
}
