#if __STDC_HOSTED__
#include "ctls_internal.h"

ctls_text ctls_text_start(char *bytes, size_t capacity) {
  if (capacity > 0) bytes[0] = 0;
  return (ctls_text){.bytes = bytes, .capacity = capacity, .count = 0};
}

static void add_byte(ctls_text *text, char byte) {
  if (text->count + 1 >= text->capacity) return;
  text->bytes[text->count++] = byte;
  text->bytes[text->count] = 0;
}

void ctls_text_add(ctls_text *text, const char *words) {
  for (; *words != 0; words++) add_byte(text, *words);
}

void ctls_text_add_foreign(ctls_text *text, const uint8_t *bytes, size_t count) {
  for (size_t index = 0; index < count; index++) {
    bool plain = bytes[index] >= 0x20 && bytes[index] < 0x7F && bytes[index] != '"';
    add_byte(text, plain ? (char)bytes[index] : '?');
  }
}

void ctls_text_add_number(ctls_text *text, uint32_t number, size_t minimum_digits) {
  char digits[10];
  size_t count = 0;
  do {
    digits[count++] = (char)('0' + number % 10);
    number /= 10;
  } while (number > 0 || (count < minimum_digits && count < sizeof digits));
  while (count > 0) add_byte(text, digits[--count]);
}

void ctls_text_add_hex(ctls_text *text, uint32_t number, size_t digits) {
  while (digits-- > 0) add_byte(text, "0123456789abcdef"[(number >> (4 * digits)) & 0xF]);
}
#endif
