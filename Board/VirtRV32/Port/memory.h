// Memory in use; see board_memory_usage.
#ifndef MEMORY_H
#define MEMORY_H

#include "board.h"

// Writes what TLS uses into the tls_ members. Board/VirtRV32/TLS has it, with the pool.
void tls_memory_usage(board_memory *memory);

#endif
