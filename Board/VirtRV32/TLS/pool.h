// The size of mbedTLS's memory pool.
#ifndef TLS_POOL_H
#define TLS_POOL_H

#include "mbedtls/build_info.h"

enum {
  // Besides the two record buffers: three trusted CAs (6 KB), the server's chain, the handshake, the ticket, and the
  // check of an RSA-4096 signature (10 KB). The most that was measured with them is 24,000 bytes (P-256 certificate,
  // P-384 intermediate, RSA-4096 root, TLS 1.3); it still passed with 27 KB, and failed with 25 because what was free
  // was in pieces. Real chains are up to 2 KB larger than the measured one.
  TLS_POOL_REST_BYTES = 30 * 1024,
  TLS_POOL_BYTES = MBEDTLS_SSL_IN_CONTENT_LEN + MBEDTLS_SSL_OUT_CONTENT_LEN + TLS_POOL_REST_BYTES,
};

#endif
