/* For the counter-test only: an allocator, so that the program links and its symbols can be looked at; and the
   atomic operations of reference counting, which a chip without the A extension has to get from somewhere. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static unsigned char heap[4096];
static size_t used;

int posix_memalign(void **result, size_t alignment, size_t size) {
  size_t start = (used + alignment - 1) & ~(alignment - 1);
  if (start + size > sizeof heap) return 12;
  *result = heap + start;
  used = start + size;
  return 0;
}

void free(void *memory) { (void)memory; }

uint32_t load(const volatile uint32_t *from, int order) __asm__("__atomic_load_4");
uint32_t load(const volatile uint32_t *from, int order) {
  (void)order;
  return *from;
}

void store(volatile uint32_t *to, uint32_t value, int order) __asm__("__atomic_store_4");
void store(volatile uint32_t *to, uint32_t value, int order) {
  (void)order;
  *to = value;
}

uint32_t add(volatile uint32_t *to, uint32_t value, int order) __asm__("__atomic_fetch_add_4");
uint32_t add(volatile uint32_t *to, uint32_t value, int order) {
  (void)order;
  uint32_t before = *to;
  *to = before + value;
  return before;
}

uint32_t subtract(volatile uint32_t *from, uint32_t value, int order) __asm__("__atomic_fetch_sub_4");
uint32_t subtract(volatile uint32_t *from, uint32_t value, int order) {
  (void)order;
  uint32_t before = *from;
  *from = before - value;
  return before;
}

bool exchange(volatile uint32_t *at, uint32_t *expected, uint32_t value, int success, int failure)
    __asm__("__atomic_compare_exchange_4");
bool exchange(volatile uint32_t *at, uint32_t *expected, uint32_t value, int success, int failure) {
  (void)success;
  (void)failure;
  bool equal = *at == *expected;
  if (equal) {
    *at = value;
  } else {
    *expected = *at;
  }
  return equal;
}
