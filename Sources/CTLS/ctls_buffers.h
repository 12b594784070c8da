// What ESP-IDF does to mbedTLS's record buffers.
#ifndef CTLS_BUFFERS_H
#define CTLS_BUFFERS_H

#include <stdint.h>

#include "ctls_compat.h"

// ESP-IDF's record buffers that come and go (its option of this name): made for a record when mbedTLS is called, which
// then may read another record into the same memory and does not know how much of it there is.
#if defined(CONFIG_MBEDTLS_DYNAMIC_BUFFER)
#define CTLS_HAS_DYNAMIC_BUFFERS 1
#else
#define CTLS_HAS_DYNAMIC_BUFFERS 0
#endif

// Whether a record of `count` bytes fits where mbedTLS is about to put it.
static inline bool ctls_buffers_have_room(
    const mbedtls_ssl_context *ssl, const unsigned char *place, size_t count) {
#if CTLS_HAS_DYNAMIC_BUFFERS
  const unsigned char *buffer = ssl->MBEDTLS_PRIVATE(in_buf);
  if (buffer == NULL) return true;
  // What ESP-IDF keeps in front of the buffer.
  unsigned int size;
  memcpy(&size, buffer - sizeof size, sizeof size);
  uintptr_t offset = (uintptr_t)place - (uintptr_t)buffer;
  // Elsewhere is the header alone, looked at in order to make a buffer for the record.
  return offset >= size || count <= size - offset;
#else
  (void)ssl, (void)place, (void)count;
  return true;
#endif
}

// Takes a TLS 1.3 ticket that mbedTLS has begun to read.
static inline int ctls_buffers_take_ticket(mbedtls_ssl_context *ssl) {
#if CTLS_HAS_DYNAMIC_BUFFERS
  // Does the same before it looks for data, and lets go of the ticket's memory, too small for the next record.
  unsigned char none[1];
  return mbedtls_ssl_read(ssl, none, 0);
#else
  return mbedtls_ssl_handshake(ssl);
#endif
}

#endif
