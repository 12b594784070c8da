// Part of ctls_compat.h: what differs about keys, the writing of certificates, and their hashes.
#ifndef CTLS_COMPAT_CERTIFICATES_H
#define CTLS_COMPAT_CERTIFICATES_H

// Keys.
static inline int ctls_compat_parse_key(
    mbedtls_pk_context *key, const unsigned char *bytes, size_t count, int (*random)(void *, unsigned char *, size_t),
    void *context) {
#if MBEDTLS_VERSION_NUMBER >= 0x04000000 || MBEDTLS_VERSION_NUMBER < 0x03000000
  (void)random;
  (void)context;
  return mbedtls_pk_parse_key(key, bytes, count, NULL, 0);
#else
  return mbedtls_pk_parse_key(key, bytes, count, NULL, 0, random, context);
#endif
}

static inline int ctls_compat_check_pair(
    const mbedtls_pk_context *public_key, const mbedtls_pk_context *key,
    int (*random)(void *, unsigned char *, size_t), void *context) {
#if MBEDTLS_VERSION_NUMBER >= 0x04000000 || MBEDTLS_VERSION_NUMBER < 0x03000000
  (void)random;
  (void)context;
  return mbedtls_pk_check_pair(public_key, key);
#else
  return mbedtls_pk_check_pair(public_key, key, random, context);
#endif
}

// Certificates of our own making.
#if defined(MBEDTLS_X509_CRT_WRITE_C) && defined(MBEDTLS_PEM_WRITE_C) && MBEDTLS_VERSION_NUMBER < 0x04000000
#define CTLS_HAS_CERTIFICATE_WRITER 1
#include "mbedtls/ecp.h"
static inline int ctls_compat_set_serial(mbedtls_x509write_cert *writer, unsigned char *serial, size_t count) {
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
  return mbedtls_x509write_crt_set_serial_raw(writer, serial, count);
#else
  mbedtls_mpi number;
  mbedtls_mpi_init(&number);
  int status = mbedtls_mpi_read_binary(&number, serial, count);
  if (status == 0) status = mbedtls_x509write_crt_set_serial(writer, &number);
  mbedtls_mpi_free(&number);
  return status;
#endif
}
#else
#define CTLS_HAS_CERTIFICATE_WRITER 0
#endif

// SHA-256.
static inline int ctls_compat_sha256(const unsigned char *bytes, size_t count, unsigned char hash[32]) {
#if MBEDTLS_VERSION_NUMBER >= 0x04000000
  size_t length = 0;
  return (int)psa_hash_compute(PSA_ALG_SHA_256, bytes, count, hash, 32, &length);
#elif MBEDTLS_VERSION_NUMBER >= 0x03000000
  return mbedtls_sha256(bytes, count, hash, 0);
#else
  return mbedtls_sha256_ret(bytes, count, hash, 0);
#endif
}

#endif
