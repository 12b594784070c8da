// Makes certificates for development and tests.
#if __STDC_HOSTED__
#include "include/ctls_certificate.h"

#include "ctls_internal.h"

#if CTLS_HAS_CERTIFICATE_WRITER
#include "ctls_certificate_internal.h"

#include "mbedtls/base64.h"

enum {
  // A private key on P-256 takes 121.
  KEY_BYTES_MAX = 160,
  // Bytes in a line of 64 characters.
  PEM_LINE_BYTES = 48,
};

// What is needed while one certificate is made.
typedef struct maker {
  ctls_config *random;
  mbedtls_x509write_cert writer;
  mbedtls_pk_context key;
  mbedtls_x509_crt issuer;
  mbedtls_pk_context issuer_key;
  char subject[80];
  char issuer_name[160];
} maker;

static ctls_failure maker_start(maker *m) {
  ctls_failure failure;
  memset(m, 0, sizeof *m);
  mbedtls_x509write_crt_init(&m->writer);
  mbedtls_pk_init(&m->key);
  mbedtls_x509_crt_init(&m->issuer);
  mbedtls_pk_init(&m->issuer_key);
  // A config for its generator of random numbers.
  m->random = ctls_config_create_client(&failure);
  if (m->random == NULL) return failure;
  int status = mbedtls_pk_setup(&m->key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY));
  if (status == 0) {
    status = mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(m->key), ctls_config_random, m->random);
  }
  return status == 0 ? failure : ctls_failure_from_code(status, CTLS_CAUSE_INTERNAL);
}

static void maker_end(maker *m) {
  mbedtls_x509write_crt_free(&m->writer);
  mbedtls_pk_free(&m->key);
  mbedtls_x509_crt_free(&m->issuer);
  mbedtls_pk_free(&m->issuer_key);
  ctls_config_release(m->random);
  mbedtls_platform_zeroize(m, sizeof *m);
}

static bool date_text(int64_t seconds, char text[15]) {
  mbedtls_x509_time time;
  if (!ctls_time_of(seconds, &time)) return false;
  ctls_text out = ctls_text_start(text, 15);
  ctls_text_add_number(&out, (uint32_t)time.year, 4);
  ctls_text_add_number(&out, (uint32_t)time.mon, 2);
  ctls_text_add_number(&out, (uint32_t)time.day, 2);
  ctls_text_add_number(&out, (uint32_t)time.hour, 2);
  ctls_text_add_number(&out, (uint32_t)time.min, 2);
  ctls_text_add_number(&out, (uint32_t)time.sec, 2);
  return true;
}

// Letters, digits, blanks and `-._*:` only, so that nothing in it means something to mbedTLS's parser of names.
static bool set_subject(maker *m, const uint8_t *name, size_t count) {
  if (count == 0 || count > 64) return false;
  ctls_text text = ctls_text_start(m->subject, sizeof m->subject);
  ctls_text_add(&text, "CN=");
  for (size_t index = 0; index < count; index++) {
    uint8_t c = name[index];
    bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
    bool plain = letter || (c >= '0' && c <= '9') || (c != 0 && strchr(" -._*:", c) != NULL);
    if (!plain) return false;
  }
  ctls_text_add_foreign(&text, name, count);
  return true;
}

// Validity, serial number (16 random bytes, positive), hash, key.
static int set_basics(maker *m, int64_t not_before, int64_t not_after) {
  char from[15], to[15];
  uint8_t serial[16];
  if (not_before > not_after || !date_text(not_before, from) || !date_text(not_after, to)) {
    return MBEDTLS_ERR_X509_BAD_INPUT_DATA;
  }
  int status = ctls_config_random(m->random, serial, sizeof serial);
  if (status != 0) return status;
  serial[0] = (serial[0] & 0x3F) | 0x40;
  status = ctls_compat_set_serial(&m->writer, serial, sizeof serial);
  if (status != 0) return status;
  mbedtls_x509write_crt_set_version(&m->writer, MBEDTLS_X509_CRT_VERSION_3);
  mbedtls_x509write_crt_set_md_alg(&m->writer, MBEDTLS_MD_SHA256);
  mbedtls_x509write_crt_set_subject_key(&m->writer, &m->key);
  return mbedtls_x509write_crt_set_validity(&m->writer, from, to);
}

// The subject's name and key, and the issuer's: its own when `issuer_key` is NULL.
static int set_names_and_issuer(maker *m, mbedtls_pk_context *issuer_key) {
  const char *issuer_name = issuer_key != NULL ? m->issuer_name : m->subject;
  mbedtls_x509write_crt_set_issuer_key(&m->writer, issuer_key != NULL ? issuer_key : &m->key);
  int status = mbedtls_x509write_crt_set_subject_name(&m->writer, m->subject);
  if (status == 0) status = mbedtls_x509write_crt_set_issuer_name(&m->writer, issuer_name);
#if defined(MBEDTLS_SHA1_C)
  // Strict verifiers (Python 3.13's default) want both identifiers.
  if (status == 0) status = mbedtls_x509write_crt_set_subject_key_identifier(&m->writer);
  if (status == 0) status = mbedtls_x509write_crt_set_authority_key_identifier(&m->writer);
#endif
  return status;
}

static int set_leaf_extensions(maker *m, const uint8_t *names, size_t count) {
  static const uint8_t names_oid[] = {0x55, 0x1D, 0x11};
  static const uint8_t usage_oid[] = {0x55, 0x1D, 0x25};
  // id-kp-serverAuth and id-kp-clientAuth.
  static const uint8_t usage[] = {0x30, 0x14, 0x06, 0x08, 0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03,
                                  0x01, 0x06, 0x08, 0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02};
  uint8_t encoded[CTLS_CERTIFICATE_NAMES_MAX + 64];
  size_t encoded_count = ctls_encode_names(names, count, encoded, sizeof encoded);
  if (encoded_count == 0) return MBEDTLS_ERR_X509_BAD_INPUT_DATA;
  int status = mbedtls_x509write_crt_set_basic_constraints(&m->writer, 0, -1);
  if (status == 0) status = mbedtls_x509write_crt_set_key_usage(&m->writer, MBEDTLS_X509_KU_DIGITAL_SIGNATURE);
  if (status == 0) {
    status = mbedtls_x509write_crt_set_extension(
        &m->writer, (const char *)usage_oid, sizeof usage_oid, 0, usage, sizeof usage);
  }
  if (status == 0) {
    status = mbedtls_x509write_crt_set_extension(
        &m->writer, (const char *)names_oid, sizeof names_oid, 0, encoded, encoded_count);
  }
  return status;
}

// Lines of base64 (RFC 7468) of `count` bytes, behind what is in `text`.
static int add_base64_lines(ctls_text *text, const unsigned char *bytes, size_t count) {
  for (size_t at = 0; at < count; at += PEM_LINE_BYTES) {
    size_t length = count - at < PEM_LINE_BYTES ? count - at : PEM_LINE_BYTES;
    size_t written = 0;
    int status = mbedtls_base64_encode(
        (unsigned char *)text->bytes + text->count, text->capacity - text->count, &written, bytes + at, length);
    if (status != 0) return status;
    text->count += written;
    ctls_text_add(text, "\n");
  }
  return 0;
}

// Not by mbedtls_pk_write_key_pem: that of 2.28 gives memory back with the key still in it.
static int write_key(maker *m, ctls_pem_pair *pair) {
  unsigned char bytes[KEY_BYTES_MAX];
  ctls_text text = ctls_text_start((char *)pair->key, pair->key_capacity);
  ctls_text_add(&text, "-----BEGIN EC PRIVATE KEY-----\n");
  int status = mbedtls_pk_write_key_der(&m->key, bytes, sizeof bytes);
  // It is at the end of the memory.
  if (status > 0) status = add_base64_lines(&text, bytes + sizeof bytes - status, (size_t)status);
  mbedtls_platform_zeroize(bytes, sizeof bytes);
  ctls_text_add(&text, "-----END EC PRIVATE KEY-----\n");
  // What does not fit is cut.
  if (status == 0 && text.count + 1 >= text.capacity) status = MBEDTLS_ERR_BASE64_BUFFER_TOO_SMALL;
  if (status == 0) pair->key_count = text.count;
  return status;
}

static int write_pair(maker *m, ctls_pem_pair *pair) {
  int status = mbedtls_x509write_crt_pem(
      &m->writer, pair->certificate, pair->certificate_capacity, ctls_config_random, m->random);
  if (status != 0) return status;
  pair->certificate_count = strlen((const char *)pair->certificate);
  return write_key(m, pair);
}

static ctls_failure finish(maker *m, int status) {
  maker_end(m);
  if (status == 0) return ctls_failure_make(CTLS_CAUSE_NONE, 0);
  if (status == MBEDTLS_ERR_X509_BAD_INPUT_DATA) return ctls_failure_make(CTLS_CAUSE_INVALID_ARGUMENT, 0);
  return ctls_failure_from_code(status, CTLS_CAUSE_INVALID_AUTHORITY);
}

ctls_failure ctls_certificate_create_authority(
    const uint8_t *name, size_t name_count, int64_t not_before, int64_t not_after, ctls_pem_pair *pair) {
  maker m;
  ctls_failure failure = maker_start(&m);
  if (failure.cause != CTLS_CAUSE_NONE) {
    maker_end(&m);
    return failure;
  }
  int status = set_subject(&m, name, name_count) ? 0 : MBEDTLS_ERR_X509_BAD_INPUT_DATA;
  if (status == 0) status = set_basics(&m, not_before, not_after);
  if (status == 0) status = set_names_and_issuer(&m, NULL);
  // It may issue certificates for servers and clients, not for further CAs.
  if (status == 0) status = mbedtls_x509write_crt_set_basic_constraints(&m.writer, 1, 0);
  if (status == 0) {
    status = mbedtls_x509write_crt_set_key_usage(&m.writer, MBEDTLS_X509_KU_KEY_CERT_SIGN | MBEDTLS_X509_KU_CRL_SIGN);
  }
  if (status == 0) status = write_pair(&m, pair);
  return finish(&m, status);
}

static int read_authority(maker *m, const ctls_pem_pair *authority) {
  unsigned char *copy = ctls_secret_copy(authority->certificate, authority->certificate_count);
  if (copy == NULL) return MBEDTLS_ERR_X509_ALLOC_FAILED;
  int status = mbedtls_x509_crt_parse(&m->issuer, copy, authority->certificate_count + 1);
  mbedtls_free(copy);
  if (status != 0) return status;
  copy = ctls_secret_copy(authority->key, authority->key_count);
  if (copy == NULL) return MBEDTLS_ERR_X509_ALLOC_FAILED;
  status = ctls_compat_parse_key(&m->issuer_key, copy, authority->key_count + 1, ctls_config_random, m->random);
  ctls_secret_free(copy, authority->key_count + 1);
  if (status != 0) return status;
  status = ctls_compat_check_pair(&m->issuer.pk, &m->issuer_key, ctls_config_random, m->random);
  if (status != 0) return status;
  int length = mbedtls_x509_dn_gets(m->issuer_name, sizeof m->issuer_name, &m->issuer.subject);
  return length < 0 ? length : 0;
}

ctls_failure ctls_certificate_create(
    const ctls_pem_pair *authority, const uint8_t *names, size_t names_count, int64_t not_before, int64_t not_after,
    ctls_pem_pair *pair) {
  maker m;
  ctls_failure failure = maker_start(&m);
  if (failure.cause != CTLS_CAUSE_NONE) {
    maker_end(&m);
    return failure;
  }
  // The subject's common name is the first name, for people to read; it may be too long for that.
  size_t first = 0;
  while (first < names_count && names[first] != ',') first++;
  bool named = names_count <= CTLS_CERTIFICATE_NAMES_MAX &&
               (set_subject(&m, names, first) || set_subject(&m, (const uint8_t *)"certificate", 11));
  int status = named ? 0 : MBEDTLS_ERR_X509_BAD_INPUT_DATA;
  if (status == 0 && authority != NULL) status = read_authority(&m, authority);
  if (status == 0) status = set_basics(&m, not_before, not_after);
  if (status == 0) status = set_names_and_issuer(&m, authority != NULL ? &m.issuer_key : NULL);
  if (status == 0) status = set_leaf_extensions(&m, names, names_count);
  if (status == 0) status = write_pair(&m, pair);
  return finish(&m, status);
}

#else

ctls_failure ctls_certificate_create_authority(
    const uint8_t *name, size_t name_count, int64_t not_before, int64_t not_after, ctls_pem_pair *pair) {
  (void)name, (void)name_count, (void)not_before, (void)not_after, (void)pair;
  return ctls_failure_make(CTLS_CAUSE_UNSUPPORTED, 0);
}

ctls_failure ctls_certificate_create(
    const ctls_pem_pair *authority, const uint8_t *names, size_t names_count, int64_t not_before, int64_t not_after,
    ctls_pem_pair *pair) {
  (void)authority, (void)names, (void)names_count, (void)not_before, (void)not_after, (void)pair;
  return ctls_failure_make(CTLS_CAUSE_UNSUPPORTED, 0);
}
#endif
#endif
