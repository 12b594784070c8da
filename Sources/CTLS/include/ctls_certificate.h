// Certificates for development and tests: a CA, and certificates that it issues. For computers, not boards: the
// functions answer CTLS_CAUSE_UNSUPPORTED where mbedTLS has no MBEDTLS_X509_CRT_WRITE_C, and with mbedTLS 4.
#ifndef CTLS_CERTIFICATE_H
#define CTLS_CERTIFICATE_H

#include "ctls.h"

enum {
  // Room that always suffices for one certificate or one key in PEM, NUL included.
  CTLS_PEM_BYTES = 4096,
  // Bytes of the names of one certificate.
  CTLS_CERTIFICATE_NAMES_MAX = 512,
};

// A certificate and its key (ECDSA, P-256), both in PEM, in the caller's memory. The counts are without the NUL.
typedef struct ctls_pem_pair {
  uint8_t *certificate;
  size_t certificate_capacity;
  size_t certificate_count;
  uint8_t *key;
  size_t key_capacity;
  size_t key_count;
} ctls_pem_pair;

// A CA certificate signed with its own key. `name`: its common name, letters, digits, blanks and `-._`, at most 64.
// Validity in seconds since 1970 UTC.
ctls_failure ctls_certificate_create_authority(
    const uint8_t *name, size_t name_count, int64_t not_before, int64_t not_after, ctls_pem_pair *pair);

// A certificate for servers and clients with these names: DNS names (`*.` may come first), IPv4 and IPv6 addresses,
// with commas between. Issued by an authority that the function above has made; self-signed when that is NULL.
ctls_failure ctls_certificate_create(
    const ctls_pem_pair *authority, const uint8_t *names, size_t names_count, int64_t not_before, int64_t not_after,
    ctls_pem_pair *pair);

#endif
