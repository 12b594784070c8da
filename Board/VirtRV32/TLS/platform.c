// mbedTLS's memory, time and randomness.
#include "tls.h"

#include "../Port/memory.h"

#include <time.h>

#include "mbedtls/memory_buffer_alloc.h"
#include "mbedtls/platform.h"
#include "mbedtls/platform_time.h"
#include "mbedtls/platform_util.h"
#include "psa/crypto.h"

#include "pool.h"
#include "record_buffers.h"

static const char POOL_FAILURE[] = "mbedTLS's memory pool is damaged";

static uint8_t pool[TLS_POOL_BYTES] __attribute__((aligned(8)));

void tls_start(void) {
  mbedtls_memory_buffer_alloc_init(pool, sizeof pool);
}

void tls_memory_usage(board_memory *memory) {
  size_t bytes;
  size_t blocks;
  mbedtls_memory_buffer_alloc_cur_get(&bytes, &blocks);
  memory->tls_used = (uint32_t)(bytes + record_buffers_used());
  mbedtls_memory_buffer_alloc_max_get(&bytes, &blocks);
  memory->tls_peak = (uint32_t)(bytes + record_buffers_peak());
  memory->tls_size = (uint32_t)(sizeof pool + record_buffers_size());
}

// The allocator calls this when its list of blocks is damaged: nothing in memory can be trusted then.
_Noreturn void tls_exit(int status) {
  (void)status;
  board_log(BOARD_LOG_ERROR, (const uint8_t *)POOL_FAILURE, sizeof POOL_FAILURE - 1);
  __builtin_trap();
}

// Without a clock it is 1970, and every certificate not valid yet; the firmware waits for the time before it connects.
long long tls_time(long long *seconds) {
  uint64_t milliseconds = 0;
  board_wall_milliseconds(&milliseconds);
  long long now = (long long)(milliseconds / 1000);
  if (seconds != NULL) *seconds = now;
  return now;
}

// For the age of tickets: a clock that never goes back.
mbedtls_ms_time_t mbedtls_ms_time(void) {
  return (mbedtls_ms_time_t)board_monotonic_milliseconds();
}

// Days of the Gregorian calendar, in years that begin in March and eras of 400 years (Howard Hinnant's civil_from_days).
struct tm *mbedtls_platform_gmtime_r(const mbedtls_time_t *seconds, struct tm *time) {
  if (*seconds < 0) return NULL;
  uint32_t second_of_day = (uint32_t)(*seconds % 86400);
  uint32_t days = (uint32_t)(*seconds / 86400) + 719468;
  uint32_t era = days / 146097;
  uint32_t day_of_era = days % 146097;
  uint32_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  uint32_t month = (5 * day_of_year + 2) / 153;
  time->tm_mday = (int)(day_of_year - (153 * month + 2) / 5 + 1);
  time->tm_mon = (int)(month < 10 ? month + 2 : month - 10);
  time->tm_year = (int)(year_of_era + era * 400 + (time->tm_mon < 2)) - 1900;
  time->tm_hour = (int)(second_of_day / 3600);
  time->tm_min = (int)(second_of_day / 60 % 60);
  time->tm_sec = (int)(second_of_day % 60);
  return time;
}

psa_status_t mbedtls_psa_external_get_random(
    mbedtls_psa_external_random_context_t *context, uint8_t *output, size_t output_size, size_t *output_length) {
  (void)context;
  if (board_random(output, output_size) != 0) return PSA_ERROR_INSUFFICIENT_ENTROPY;
  *output_length = output_size;
  return PSA_SUCCESS;
}
