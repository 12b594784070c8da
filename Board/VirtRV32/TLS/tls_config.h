// What this board's mbedTLS 3.6 has: a client of TLS 1.2 and 1.3 with X.509 certificates, resumption and ALPN, and the
// cryptography that public servers ask for. Each option is described in mbedTLS's own mbedtls_config.h.
//
// The sizes named here are of code and constants in this board's image, measured with Swift's clang, -Oz.
#ifndef TLS_TLS_CONFIG_H
#define TLS_TLS_CONFIG_H

#include <stddef.h>

// --- Platform: memory from a pool of fixed size, time and randomness from the board. See platform.c and format.c.

#define MBEDTLS_PLATFORM_C
#define MBEDTLS_PLATFORM_MEMORY
#define MBEDTLS_PLATFORM_NO_STD_FUNCTIONS
#define MBEDTLS_MEMORY_BUFFER_ALLOC_C
// Counts what is in use and its peak: `board_memory`.
#define MBEDTLS_MEMORY_DEBUG
// As the ABI aligns uint64_t.
#define MBEDTLS_MEMORY_ALIGN_MULTIPLE 8

// The C library's formatting does floating point: 12 KB. mbedTLS needs %s, %c and %u.
int tls_format(char *output, size_t capacity, const char *format, ...) __attribute__((format(printf, 3, 4)));
#define MBEDTLS_PLATFORM_SNPRINTF_MACRO tls_format
// Texts of the pool's own checks; what fails one of them ends in tls_exit.
#define tls_print_nothing(...) ((void)0)
#define MBEDTLS_PLATFORM_PRINTF_MACRO tls_print_nothing
#define MBEDTLS_PLATFORM_FPRINTF_MACRO tls_print_nothing
_Noreturn void tls_exit(int status);
#define MBEDTLS_PLATFORM_EXIT_MACRO tls_exit

// Certificate dates are checked only with both.
#define MBEDTLS_HAVE_TIME
#define MBEDTLS_HAVE_TIME_DATE
#define MBEDTLS_PLATFORM_TIME_TYPE_MACRO long long
long long tls_time(long long *seconds);
#define MBEDTLS_PLATFORM_TIME_MACRO tls_time
#define MBEDTLS_PLATFORM_MS_TIME_ALT
#define MBEDTLS_PLATFORM_GMTIME_R_ALT

// The board's generator gives bytes that nobody can predict; another generator seeded by it would add nothing.
#define MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG

// --- Cryptography

// TLS 1.3 is written on PSA; what of it is built is in psa_config.h. Everything else calls the algorithms directly:
// with MBEDTLS_USE_PSA_CRYPTO the image would be 6 KB larger.
#define MBEDTLS_PSA_CRYPTO_C
#define MBEDTLS_PSA_CRYPTO_CONFIG
#define MBEDTLS_PSA_CRYPTO_CONFIG_FILE "psa_config.h"
// There is one thread: nobody changes a buffer while PSA reads it.
#define MBEDTLS_PSA_ASSUME_EXCLUSIVE_BUFFERS
#define MBEDTLS_PSA_KEY_SLOT_COUNT 8

#define MBEDTLS_AES_C
#define MBEDTLS_AES_ROM_TABLES
// 2 KB of tables in place of 8; GCM needs no AES decryption, which would be another 3 KB.
#define MBEDTLS_AES_FEWER_TABLES
#define MBEDTLS_BLOCK_CIPHER_NO_DECRYPT
#define MBEDTLS_CIPHER_C
#define MBEDTLS_GCM_C
#define MBEDTLS_CHACHA20_C
#define MBEDTLS_POLY1305_C
#define MBEDTLS_CHACHAPOLY_C

#define MBEDTLS_MD_C
#define MBEDTLS_SHA256_C
#define MBEDTLS_SHA384_C
#define MBEDTLS_SHA512_C
// Loops in place of unrolled rounds; a handshake hashes a few kilobytes.
#define MBEDTLS_SHA256_SMALLER
#define MBEDTLS_SHA512_SMALLER
#define MBEDTLS_HKDF_C

#define MBEDTLS_BIGNUM_C
#define MBEDTLS_ECP_C
#define MBEDTLS_ECP_DP_SECP256R1_ENABLED
#define MBEDTLS_ECP_DP_SECP384R1_ENABLED
#define MBEDTLS_ECP_DP_CURVE25519_ENABLED
// Reduction by the form of the primes, and tables of the base points: these take 5.3 KB and save a fifth of a handshake
// (79 in place of 99 million instructions).
#define MBEDTLS_ECP_NIST_OPTIM
#define MBEDTLS_ECP_FIXED_POINT_OPTIM 1
#define MBEDTLS_ECP_WINDOW_SIZE 4
#define MBEDTLS_ECDH_C
#define MBEDTLS_ECDSA_C

#define MBEDTLS_RSA_C
#define MBEDTLS_PKCS1_V15
#define MBEDTLS_PKCS1_V21
// For private keys, of which this board has none; see public_keys.c.
#define MBEDTLS_RSA_NO_CRT
// RSA-4096.
#define MBEDTLS_MPI_MAX_SIZE 512

// --- Certificates

#define MBEDTLS_ASN1_PARSE_C
#define MBEDTLS_ASN1_WRITE_C
#define MBEDTLS_OID_C
#define MBEDTLS_PK_C
#define MBEDTLS_PK_PARSE_C
#define MBEDTLS_BASE64_C
#define MBEDTLS_PEM_PARSE_C
#define MBEDTLS_X509_USE_C
#define MBEDTLS_X509_CRT_PARSE_C
#define MBEDTLS_X509_RSASSA_PSS_SUPPORT
// The shim describes certificates itself.
#define MBEDTLS_X509_REMOVE_INFO

// --- TLS

#define MBEDTLS_SSL_TLS_C
#define MBEDTLS_SSL_CLI_C
#define MBEDTLS_SSL_PROTO_TLS1_2
#define MBEDTLS_SSL_PROTO_TLS1_3
#define MBEDTLS_SSL_TLS1_3_COMPATIBILITY_MODE
// Full handshakes and resumed ones, both with forward secrecy.
#define MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL_ENABLED
#define MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL_ENABLED
#define MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA_ENABLED
#define MBEDTLS_KEY_EXCHANGE_ECDHE_RSA_ENABLED
#define MBEDTLS_SSL_EXTENDED_MASTER_SECRET
#define MBEDTLS_SSL_SESSION_TICKETS
#define MBEDTLS_SSL_SERVER_NAME_INDICATION
#define MBEDTLS_SSL_ALPN
// TLS 1.3 needs it.
#define MBEDTLS_SSL_KEEP_PEER_CERTIFICATE
// The default list only, which the shim replaces by its own; mbedTLS's has all that exist.
#define MBEDTLS_SSL_CIPHERSUITES MBEDTLS_TLS1_3_AES_128_GCM_SHA256

// Record buffers, in bytes of plaintext. A server sends records of up to 16384 unless it honours record_size_limit (RFC
// 8449, TLS 1.3); 4096 and 2048 are for servers that do so, or that are known to send nothing that large.
#ifndef MBEDTLS_SSL_IN_CONTENT_LEN
#define MBEDTLS_SSL_IN_CONTENT_LEN 16384
#endif
#ifndef MBEDTLS_SSL_OUT_CONTENT_LEN
#define MBEDTLS_SSL_OUT_CONTENT_LEN 4096
#endif
#if MBEDTLS_SSL_IN_CONTENT_LEN < 16384
#define MBEDTLS_SSL_RECORD_SIZE_LIMIT
#endif

#endif
