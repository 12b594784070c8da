// The size of mbedTLS's memory pool.
#ifndef TLS_POOL_H
#define TLS_POOL_H

#include "mbedtls/build_info.h"

enum {
  // Trusted CAs, the server's chain, the handshake, the ticket, the check of a signature; record buffers are not in it.
  // With the large ones: two CAs and a chain of three with RSA-4096 take 28 KB (Tests/Board/test_chains.py). With the
  // small ones a chain has to fit into 4 KB.
  TLS_POOL_BYTES = (MBEDTLS_SSL_IN_CONTENT_LEN < 16384 ? 31 : 36) * 1024,
};

#endif
