// The size of mbedTLS's memory pool.
#ifndef TLS_POOL_H
#define TLS_POOL_H

enum {
  // Three trusted CAs (6 KB), the server's chain, the handshake, the ticket, and the check of an RSA-4096 signature
  // (10 KB). Record buffers are not in it.
  TLS_POOL_BYTES = 36 * 1024,
};

#endif
