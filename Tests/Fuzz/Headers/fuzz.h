// What the targets in C share.
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

// Ends the process when a property does not hold, so that libFuzzer keeps the input.
#define require(property)                                                              \
  do {                                                                                 \
    if (property) break;                                                               \
    fprintf(stderr, "\n%s:%d: VIOLATED: %s\n", __FILE__, __LINE__, #property);         \
    abort();                                                                           \
  } while (0)

// An input read as a program; zeros behind its end.
typedef struct fuzz_program {
  const uint8_t *bytes;
  size_t count;
} fuzz_program;

static inline uint8_t fuzz_byte(fuzz_program *program) {
  if (program->count == 0) return 0;
  program->count--;
  return *program->bytes++;
}

// What libFuzzer calls, and what it offers.
int LLVMFuzzerTestOneInput(const uint8_t *input, size_t count);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t count, size_t capacity, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t count, size_t capacity);

#endif
