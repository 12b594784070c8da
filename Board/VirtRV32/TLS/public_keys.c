// The board checks signatures with public keys and has no private key: it shows no certificate of its own, and keys are
// agreed on by elliptic curves, not by RSA encryption. mbedTLS has no option that leaves these operations out, though
// nothing can reach them; the linker puts the refusals below in their place (--wrap, see lib/compile.sh), which saves 5.6 KB.
#include "mbedtls/bignum.h"
#include "mbedtls/ecdsa.h"
#include "mbedtls/ecp.h"
#include "mbedtls/error.h"
#include "mbedtls/rsa.h"

enum { REFUSED = MBEDTLS_ERR_PLATFORM_FEATURE_UNSUPPORTED };

typedef int (*random_function)(void *context, unsigned char *output, size_t count);

int __wrap_mbedtls_rsa_pkcs1_sign(
    mbedtls_rsa_context *key, random_function random, void *context, mbedtls_md_type_t hash_type, unsigned int hash_count,
    const unsigned char *hash, unsigned char *signature);
int __wrap_mbedtls_rsa_rsassa_pss_sign_no_mode_check(
    mbedtls_rsa_context *key, random_function random, void *context, mbedtls_md_type_t hash_type, unsigned int hash_count,
    const unsigned char *hash, unsigned char *signature);
int __wrap_mbedtls_rsa_pkcs1_decrypt(
    mbedtls_rsa_context *key, random_function random, void *context, size_t *output_count, const unsigned char *input,
    unsigned char *output, size_t output_capacity);
int __wrap_mbedtls_rsa_pkcs1_encrypt(
    mbedtls_rsa_context *key, random_function random, void *context, size_t input_count, const unsigned char *input,
    unsigned char *output);
int __wrap_mbedtls_rsa_check_pub_priv(const mbedtls_rsa_context *public_key, const mbedtls_rsa_context *key);
int __wrap_mbedtls_rsa_deduce_primes(
    const mbedtls_mpi *modulus, const mbedtls_mpi *public_exponent, const mbedtls_mpi *private_exponent,
    mbedtls_mpi *first, mbedtls_mpi *second);
int __wrap_mbedtls_rsa_deduce_private_exponent(
    const mbedtls_mpi *first, const mbedtls_mpi *second, const mbedtls_mpi *public_exponent,
    mbedtls_mpi *private_exponent);
int __wrap_mbedtls_ecdsa_write_signature(
    mbedtls_ecdsa_context *key, mbedtls_md_type_t hash_type, const unsigned char *hash, size_t hash_count,
    unsigned char *signature, size_t signature_capacity, size_t *signature_count, random_function random, void *context);
int __wrap_mbedtls_ecp_check_pub_priv(
    const mbedtls_ecp_keypair *public_key, const mbedtls_ecp_keypair *key, random_function random, void *context);

int __wrap_mbedtls_rsa_pkcs1_sign(
    mbedtls_rsa_context *key, random_function random, void *context, mbedtls_md_type_t hash_type, unsigned int hash_count,
    const unsigned char *hash, unsigned char *signature) {
  (void)key, (void)random, (void)context, (void)hash_type, (void)hash_count, (void)hash, (void)signature;
  return REFUSED;
}

int __wrap_mbedtls_rsa_rsassa_pss_sign_no_mode_check(
    mbedtls_rsa_context *key, random_function random, void *context, mbedtls_md_type_t hash_type, unsigned int hash_count,
    const unsigned char *hash, unsigned char *signature) {
  (void)key, (void)random, (void)context, (void)hash_type, (void)hash_count, (void)hash, (void)signature;
  return REFUSED;
}

int __wrap_mbedtls_rsa_pkcs1_decrypt(
    mbedtls_rsa_context *key, random_function random, void *context, size_t *output_count, const unsigned char *input,
    unsigned char *output, size_t output_capacity) {
  (void)key, (void)random, (void)context, (void)input, (void)output, (void)output_capacity;
  *output_count = 0;
  return REFUSED;
}

int __wrap_mbedtls_rsa_pkcs1_encrypt(
    mbedtls_rsa_context *key, random_function random, void *context, size_t input_count, const unsigned char *input,
    unsigned char *output) {
  (void)key, (void)random, (void)context, (void)input_count, (void)input, (void)output;
  return REFUSED;
}

int __wrap_mbedtls_rsa_check_pub_priv(const mbedtls_rsa_context *public_key, const mbedtls_rsa_context *key) {
  (void)public_key, (void)key;
  return REFUSED;
}

int __wrap_mbedtls_rsa_deduce_primes(
    const mbedtls_mpi *modulus, const mbedtls_mpi *public_exponent, const mbedtls_mpi *private_exponent,
    mbedtls_mpi *first, mbedtls_mpi *second) {
  (void)modulus, (void)public_exponent, (void)private_exponent, (void)first, (void)second;
  return REFUSED;
}

int __wrap_mbedtls_rsa_deduce_private_exponent(
    const mbedtls_mpi *first, const mbedtls_mpi *second, const mbedtls_mpi *public_exponent,
    mbedtls_mpi *private_exponent) {
  (void)first, (void)second, (void)public_exponent, (void)private_exponent;
  return REFUSED;
}

int __wrap_mbedtls_ecdsa_write_signature(
    mbedtls_ecdsa_context *key, mbedtls_md_type_t hash_type, const unsigned char *hash, size_t hash_count,
    unsigned char *signature, size_t signature_capacity, size_t *signature_count, random_function random, void *context) {
  (void)key, (void)hash_type, (void)hash, (void)hash_count, (void)signature, (void)signature_capacity;
  (void)random, (void)context;
  *signature_count = 0;
  return REFUSED;
}

int __wrap_mbedtls_ecp_check_pub_priv(
    const mbedtls_ecp_keypair *public_key, const mbedtls_ecp_keypair *key, random_function random, void *context) {
  (void)public_key, (void)key, (void)random, (void)context;
  return REFUSED;
}
