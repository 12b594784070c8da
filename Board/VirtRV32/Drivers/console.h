// Lines on the console, put together piece by piece, without a buffer: a trap can use it too.
//
//   [   12.345] info  text
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stdint.h>

#include "board.h"

// Begins a line, after the end of one that a trap may have interrupted.
void console_begin(board_log_level level);

void console_text(const char *text);
// One byte; what would not show as a character of ASCII or UTF-8 shows as `?`.
void console_byte(uint8_t byte);
void console_decimal(uint32_t value);
// Eight digits.
void console_hexadecimal(uint32_t value);

void console_end(void);

// A whole line.
void console_line(board_log_level level, const char *text);

#endif
