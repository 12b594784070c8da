#include "console.h"

#include <stdbool.h>

#include "uart.h"

enum {
  // The longest text of a line that the firmware may write.
  LINE_COUNT_MAX = 255,
};

static bool is_line_open;

static void put_padded(uint32_t value, int width, uint8_t padding) {
  uint8_t digits[10];
  int count = 0;
  do {
    digits[count++] = (uint8_t)('0' + value % 10);
    value /= 10;
  } while (value > 0);
  for (int blank = count; blank < width; blank++) uart_put(padding);
  while (count > 0) uart_put(digits[--count]);
}

void console_begin(board_log_level level) {
  static const char *const names[] = {"debug ", "info  ", "warn  ", "error "};
  if (is_line_open) console_end();
  is_line_open = true;
  uint64_t now = board_monotonic_milliseconds();
  uart_put('[');
  put_padded((uint32_t)(now / 1000), 5, ' ');
  uart_put('.');
  put_padded((uint32_t)(now % 1000), 3, '0');
  console_text("] ");
  console_text((unsigned)level <= BOARD_LOG_ERROR ? names[level] : names[BOARD_LOG_ERROR]);
}

void console_text(const char *text) {
  while (*text != 0) uart_put((uint8_t)*text++);
}

void console_byte(uint8_t byte) {
  bool is_control = byte < 0x20 || byte == 0x7f;
  uart_put(is_control ? '?' : byte);
}

void console_decimal(uint32_t value) {
  put_padded(value, 0, ' ');
}

void console_hexadecimal(uint32_t value) {
  console_text("0x");
  for (int shift = 28; shift >= 0; shift -= 4) uart_put((uint8_t)"0123456789abcdef"[(value >> shift) & 0xf]);
}

void console_end(void) {
  uart_put('\n');
  is_line_open = false;
}

void console_line(board_log_level level, const char *text) {
  console_begin(level);
  console_text(text);
  console_end();
}

void board_log(board_log_level level, const uint8_t *line, size_t count) {
  if (count > LINE_COUNT_MAX) count = LINE_COUNT_MAX;
  console_begin(level);
  for (size_t index = 0; index < count; index++) console_byte(line[index]);
  console_end();
}
