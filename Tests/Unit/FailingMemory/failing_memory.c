#define _GNU_SOURCE
#include "failing_memory.h"

#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_SANITIZER 1
#endif
#endif

static _Thread_local bool is_armed;
static _Thread_local bool is_for_good;
static _Thread_local bool has_failed;
static _Thread_local size_t left;

bool failing_memory_works(void) {
#if defined(HAS_SANITIZER)
  return false;
#else
  return true;
#endif
}

void failing_memory_arm(size_t successes, bool for_good) {
  left = successes;
  is_for_good = for_good;
  has_failed = false;
  is_armed = true;
}

bool failing_memory_disarm(void) {
  is_armed = false;
  return has_failed;
}

size_t failing_memory_used(void) {
  return mallinfo2().uordblks;
}

#if !defined(HAS_SANITIZER)
void *__libc_calloc(size_t count, size_t size);

// The shim and mbedTLS can do without memory, Swift's own libraries cannot.
static bool is_of_tls(const void *caller) {
  Dl_info there, here;
  if (dladdr(caller, &there) == 0 || dladdr((const void *)failing_memory_arm, &here) == 0) return false;
  return there.dli_fbase == here.dli_fbase || strstr(there.dli_fname, "libmbed") != NULL;
}

// Takes the place of the C library's for the whole program, its libraries included.
void *calloc(size_t count, size_t size) {
  bool is_due = is_armed && left == 0 && (is_for_good || !has_failed);
  if (is_due && is_of_tls(__builtin_return_address(0))) {
    has_failed = true;
    errno = ENOMEM;
    return NULL;
  }
  if (is_armed && left > 0) left--;
  return __libc_calloc(count, size);
}
#endif
