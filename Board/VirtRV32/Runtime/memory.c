// What the compiler calls for blocks of memory. picolibc's go byte by byte; a TLS handshake copies and clears small
// blocks of words all the time.
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { WORD = sizeof(uint32_t) };

// Words that may lie in objects of any type.
typedef uint32_t __attribute__((may_alias)) word;

// The compiler must not make a call of the function out of the loop that is the function.
#define NOT_ITSELF __attribute__((no_builtin))

static inline size_t offset_in_word(const void *address) {
  return (uintptr_t)address % WORD;
}

NOT_ITSELF void *memset(void *memory, int value, size_t count) {
  unsigned char *bytes = memory;
  for (; count > 0 && offset_in_word(bytes) != 0; count--) *bytes++ = (unsigned char)value;
  uint32_t pattern = (unsigned char)value * UINT32_C(0x01010101);
  for (; count >= WORD; count -= WORD, bytes += WORD) *(word *)bytes = pattern;
  for (; count > 0; count--) *bytes++ = (unsigned char)value;
  return memory;
}

NOT_ITSELF void *memcpy(void *restrict destination, const void *restrict source, size_t count) {
  unsigned char *to = destination;
  const unsigned char *from = source;
  if (offset_in_word(to) == offset_in_word(from)) {
    for (; count > 0 && offset_in_word(to) != 0; count--) *to++ = *from++;
    for (; count >= WORD; count -= WORD, to += WORD, from += WORD) *(word *)to = *(const word *)from;
  }
  for (; count > 0; count--) *to++ = *from++;
  return destination;
}

NOT_ITSELF void *memmove(void *destination, const void *source, size_t count) {
  unsigned char *to = destination;
  const unsigned char *from = source;
  // Upwards is right unless the destination begins inside the source.
  if ((uintptr_t)to - (uintptr_t)from >= count) return memcpy(destination, source, count);
  while (count > 0) {
    count--;
    to[count] = from[count];
  }
  return destination;
}
