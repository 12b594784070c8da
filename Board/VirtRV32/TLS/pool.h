// The size of mbedTLS's memory pool.
#ifndef TLS_POOL_H
#define TLS_POOL_H

#include "mbedtls/build_info.h"

enum {
  TLS_POOL_BYTES = 60 * 1024,
};

#endif
