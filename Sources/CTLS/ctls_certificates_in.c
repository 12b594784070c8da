// Certificates and keys that this side is given.
#if __STDC_HOSTED__
#include "ctls_internal.h"

static const char begin_mark[] = "-----BEGIN CERTIFICATE-----";
static const char end_mark[] = "-----END CERTIFICATE-----";

// One certificate in PEM takes less; longer ones are skipped.
enum { PEM_BLOCK_BYTES_MAX = 16384 };

unsigned char *ctls_secret_copy(const uint8_t *bytes, size_t count) {
  unsigned char *copy = count < SIZE_MAX ? mbedtls_calloc(1, count + 1) : NULL;
  if (copy != NULL && count > 0) memcpy(copy, bytes, count);
  return copy;
}

void ctls_secret_free(unsigned char *bytes, size_t count) {
  if (bytes == NULL) return;
  mbedtls_platform_zeroize(bytes, count);
  mbedtls_free(bytes);
}

// The offset of `mark` in `bytes` at or after `from`, or `count`.
static size_t find(const uint8_t *bytes, size_t count, size_t from, const char *mark, size_t mark_count) {
  for (size_t at = from; at + mark_count <= count; at++) {
    if (bytes[at] == '-' && memcmp(bytes + at, mark, mark_count) == 0) return at;
  }
  return count;
}

// Adds the certificates of a text one by one, so that one that cannot be read does not cost the others, and the
// whole text need not be copied. Returns the last code of mbedTLS other than 0.
static int add_pem(mbedtls_x509_crt *list, const uint8_t *bytes, size_t count, size_t *added, size_t *skipped) {
  int last = 0;
  size_t at = 0;
  for (;;) {
    size_t start = find(bytes, count, at, begin_mark, sizeof begin_mark - 1);
    if (start == count) return last;
    size_t end = find(bytes, count, start, end_mark, sizeof end_mark - 1);
    if (end == count) {
      ++*skipped;
      return last;
    }
    end += sizeof end_mark - 1;
    at = end;
    unsigned char *copy = NULL;
    int status = -1;
    if (end - start <= PEM_BLOCK_BYTES_MAX) {
      copy = ctls_secret_copy(bytes + start, end - start);
      status = copy != NULL ? mbedtls_x509_crt_parse(list, copy, end - start + 1) : MBEDTLS_ERR_X509_ALLOC_FAILED;
    }
    mbedtls_free(copy);
    if (status == 0) {
      ++*added;
    } else {
      ++*skipped;
      last = status;
    }
  }
}

static int add_any(mbedtls_x509_crt *list, const uint8_t *bytes, size_t count, size_t *added, size_t *skipped) {
  *added = 0;
  *skipped = 0;
  // A certificate in DER is a SEQUENCE.
  if (count == 0 || bytes[0] != 0x30) return add_pem(list, bytes, count, added, skipped);
  int status = mbedtls_x509_crt_parse_der(list, bytes, count);
  *(status == 0 ? added : skipped) = 1;
  return status;
}

ctls_failure ctls_config_add_authorities(
    ctls_config *config, const uint8_t *bytes, size_t count, size_t *added, size_t *skipped) {
  *added = 0;
  *skipped = 0;
  if (config->session_count > 0) return ctls_failure_make(CTLS_CAUSE_INVALID_ARGUMENT, 0);
  int status = add_any(&config->authorities, bytes, count, added, skipped);
  ctls_failure failure = ctls_failure_from_code(status, CTLS_CAUSE_INVALID_AUTHORITY);
  // A bundle that is cut short by a lack of memory must not pass for a whole one.
  if (failure.cause == CTLS_CAUSE_OUT_OF_MEMORY) return failure;
  if (*added == 0) return ctls_failure_make(CTLS_CAUSE_INVALID_AUTHORITY, status);
  config->has_authority = true;
  config->revision++;
  mbedtls_ssl_conf_ca_chain(&config->ssl, &config->authorities, NULL);
  mbedtls_ssl_conf_authmode(&config->ssl, MBEDTLS_SSL_VERIFY_REQUIRED);
  return ctls_failure_make(CTLS_CAUSE_NONE, 0);
}

ctls_failure ctls_config_use_bundle(ctls_config *config, ctls_attach_bundle attach) {
  if (config->session_count > 0 || config->is_server || attach == NULL) {
    return ctls_failure_make(CTLS_CAUSE_INVALID_ARGUMENT, 0);
  }
  int status = attach(&config->ssl);
  // It may have put a list of its own in the place of this one, which the callback does not need.
  if (config->has_authority) mbedtls_ssl_conf_ca_chain(&config->ssl, &config->authorities, NULL);
  if (status != 0) return ctls_failure_make(CTLS_CAUSE_INVALID_AUTHORITY, status);
  config->revision++;
  return ctls_failure_make(CTLS_CAUSE_NONE, 0);
}

static int read_key(ctls_config *config, const uint8_t *bytes, size_t count) {
  unsigned char *copy = ctls_secret_copy(bytes, count);
  if (copy == NULL) return MBEDTLS_ERR_X509_ALLOC_FAILED;
  int status = ctls_compat_parse_key(&config->key, copy, count + 1, ctls_config_random, config);
  ctls_secret_free(copy, count + 1);
  return status;
}

ctls_failure ctls_config_set_certificate(
    ctls_config *config, const uint8_t *chain, size_t chain_count, const uint8_t *key, size_t key_count) {
  // Once only: mbedTLS keeps a list of all certificates it was ever given.
  if (config->session_count > 0 || config->chain.raw.p != NULL) {
    return ctls_failure_make(CTLS_CAUSE_INVALID_ARGUMENT, 0);
  }
  size_t added, skipped;
  int status = add_any(&config->chain, chain, chain_count, &added, &skipped);
  if (added == 0 || skipped > 0) {
    ctls_failure failure = ctls_failure_from_code(status, CTLS_CAUSE_INVALID_CERTIFICATE);
    bool memory = failure.cause == CTLS_CAUSE_OUT_OF_MEMORY;
    failure = memory ? failure : ctls_failure_make(CTLS_CAUSE_INVALID_CERTIFICATE, status);
    mbedtls_x509_crt_free(&config->chain);
    mbedtls_x509_crt_init(&config->chain);
    return failure;
  }
  status = read_key(config, key, key_count);
  if (status == 0) {
    status = ctls_compat_check_pair(&config->chain.pk, &config->key, ctls_config_random, config);
  }
  if (status == 0) status = mbedtls_ssl_conf_own_cert(&config->ssl, &config->chain, &config->key);
  if (status != 0) {
    mbedtls_pk_free(&config->key);
    mbedtls_pk_init(&config->key);
    mbedtls_x509_crt_free(&config->chain);
    mbedtls_x509_crt_init(&config->chain);
    ctls_failure failure = ctls_failure_from_code(status, CTLS_CAUSE_INVALID_KEY);
    return failure.cause == CTLS_CAUSE_OUT_OF_MEMORY ? failure : ctls_failure_make(CTLS_CAUSE_INVALID_KEY, status);
  }
  config->revision++;
  return ctls_failure_make(CTLS_CAUSE_NONE, 0);
}
#endif
