// Records without content, which no function of ctls.h sends.
#ifndef EMPTY_RECORDS_H
#define EMPTY_RECORDS_H

#include <stdint.h>

// What a client reads of "hello" behind `count` empty records of application data, in a session of its own with a server:
// the number of its bytes; -1 when it takes the stream for ended, -2 when nothing comes, -3 when the session fails.
// `version` is CTLS_TLS12 or CTLS_TLS13.
int read_behind_empty_records(uint16_t version, int count);

#endif
