// The formatting that mbedTLS needs, without the C library's floating point.
#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "tls_config.h"

enum { DECIMAL_DIGITS_MAX = 10 };

// Like the C library's: what does not fit is counted and left out, there is always a NUL.
typedef struct output {
  char *bytes;
  size_t capacity;
  size_t count;
} output;

static void put(output *output, const char *text, size_t count) {
  for (size_t index = 0; index < count; index++, output->count++) {
    if (output->count + 1 < output->capacity) output->bytes[output->count] = text[index];
  }
}

static void put_decimal(output *output, unsigned value) {
  char digits[DECIMAL_DIGITS_MAX];
  size_t start = DECIMAL_DIGITS_MAX;
  do {
    digits[--start] = (char)('0' + value % 10);
    value /= 10;
  } while (value > 0);
  put(output, digits + start, DECIMAL_DIGITS_MAX - start);
}

// Puts what the conversion `kind` stands for; false when it is not one of mbedTLS's.
static int put_argument(output *output, char kind, va_list *arguments) {
  if (kind == 's') {
    const char *text = va_arg(*arguments, const char *);
    put(output, text, strlen(text));
  } else if (kind == 'c') {
    char character = (char)va_arg(*arguments, int);
    put(output, &character, 1);
  } else if (kind == 'u') {
    put_decimal(output, va_arg(*arguments, unsigned));
  } else {
    return 0;
  }
  return 1;
}

// snprintf with %s, %c and %u; any other conversion is an error, -1.
int tls_format(char *bytes, size_t capacity, const char *format, ...) {
  output output = {bytes, capacity, 0};
  va_list arguments;
  va_start(arguments, format);
  int is_known = 1;
  while (*format != 0 && is_known) {
    if (*format == '%') {
      is_known = put_argument(&output, format[1], &arguments);
      format += is_known ? 2 : 0;
    } else {
      put(&output, format++, 1);
    }
  }
  va_end(arguments);
  if (capacity > 0) bytes[output.count < capacity ? output.count : capacity - 1] = 0;
  return is_known && output.count <= INT_MAX ? (int)output.count : -1;
}
