// Memory that runs out when a test wants it to: calloc, which is where mbedTLS gets its memory from.
#ifndef FAILING_MEMORY_H
#define FAILING_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

// From now on, in this thread: `successes` calls get memory, then one gets none, or all do where `is_for_good`.
void failing_memory_arm(size_t successes, bool is_for_good);

// Back to normal; whether there was a call that got none.
bool failing_memory_disarm(void);

// Bytes that this process has allocated now; 0 beside a sanitizer, which looks for leaks itself.
size_t failing_memory_used(void);

#endif
