#define _GNU_SOURCE
#include "failing_memory.h"

#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <string.h>

// The one that this takes the place of: the C library's, or a sanitizer's.
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define REAL_CALLOC __interceptor_calloc
#else
#define REAL_CALLOC __libc_calloc
#endif

void *REAL_CALLOC(size_t count, size_t size);
const char *__lsan_default_suppressions(void);

static _Thread_local bool is_armed;
static _Thread_local bool is_for_good;
static _Thread_local bool has_failed;
static _Thread_local size_t left;

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

// The shim and mbedTLS can do without memory, Swift's own libraries cannot.
static bool is_of_tls(const void *caller) {
  Dl_info there, here;
  if (dladdr(caller, &there) == 0 || dladdr((const void *)failing_memory_arm, &here) == 0) return false;
  return there.dli_fbase == here.dli_fbase || strstr(there.dli_fname, "libmbed") != NULL;
}

// For the whole program, its libraries included. A sanitizer's first steps come by here before it can be asked anything.
__attribute__((no_sanitize("address", "thread", "undefined"))) void *calloc(size_t count, size_t size) {
  bool is_due = is_armed && left == 0 && (is_for_good || !has_failed);
  if (is_due && is_of_tls(__builtin_return_address(0))) {
    has_failed = true;
    errno = ENOMEM;
    return NULL;
  }
  if (is_armed && left > 0) left--;
  return REAL_CALLOC(count, size);
}

// mbedTLS 3.6 gives a cipher's context up when it has no memory for the next one, in the handshake of TLS 1.3
// (mbedtls_ssl_tls13_compute_handshake_transform frees what is around it).
const char *__lsan_default_suppressions(void) {
  return "leak:gcm_ctx_alloc\n";
}
