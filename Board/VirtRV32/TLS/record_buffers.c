// Places of their own for the two record buffers. In the pool, what outlives a connection (the ticket for the next one)
// would come to lie where they were, and after some reconnects there would be no 16 KB in one piece any more.
//
// mbedTLS gets its memory from mbedtls_calloc and mbedtls_free; the linker puts the functions below in their place
// (--wrap, see lib/compile.sh), with the pool's behind them.
// ssl_misc.h, mbedTLS's own header, knows the buffers' sizes.
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#include <stdbool.h>
#include <string.h>

#include "mbedtls/platform.h"
#include "record_buffers.h"
#include "ssl_misc.h"

typedef struct record_buffer {
  uint8_t *bytes;
  size_t size;
  bool is_used;
} record_buffer;

static uint8_t input[MBEDTLS_SSL_IN_BUFFER_LEN] __attribute__((aligned(8)));
static uint8_t output[MBEDTLS_SSL_OUT_BUFFER_LEN] __attribute__((aligned(8)));

static record_buffer buffers[] = {
    {.bytes = input, .size = sizeof input},
    {.bytes = output, .size = sizeof output},
};

enum { BUFFER_COUNT = sizeof buffers / sizeof buffers[0] };

// Bytes of buffers in use, and the most there ever were.
static size_t used;
static size_t peak;

void *__wrap_mbedtls_calloc(size_t count, size_t size);
void __wrap_mbedtls_free(void *memory);
void *__real_mbedtls_calloc(size_t count, size_t size);
void __real_mbedtls_free(void *memory);

// Recognised by their sizes. A second session at a time has its buffers in the pool.
void *__wrap_mbedtls_calloc(size_t count, size_t size) {
  for (size_t index = 0; index < BUFFER_COUNT; index++) {
    record_buffer *buffer = &buffers[index];
    if (count == 1 && size == buffer->size && !buffer->is_used) {
      buffer->is_used = true;
      used += size;
      if (used > peak) peak = used;
      return memset(buffer->bytes, 0, size);
    }
  }
  return __real_mbedtls_calloc(count, size);
}

void __wrap_mbedtls_free(void *memory) {
  for (size_t index = 0; index < BUFFER_COUNT; index++) {
    record_buffer *buffer = &buffers[index];
    if (memory == buffer->bytes) {
      buffer->is_used = false;
      used -= buffer->size;
      return;
    }
  }
  __real_mbedtls_free(memory);
}

size_t record_buffers_size(void) {
  return sizeof input + sizeof output;
}

size_t record_buffers_used(void) {
  return used;
}

size_t record_buffers_peak(void) {
  return peak;
}
