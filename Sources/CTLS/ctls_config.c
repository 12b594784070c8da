// Settings that sessions share.
#if __STDC_HOSTED__
#include "ctls_internal.h"

enum { TICKET_LIFETIME_SECONDS = 86400 };

// Forward secrecy and authenticated encryption only (RFC 9325, section 4.2). What the library lacks it skips.
static const int suites[] = {
#if CTLS_HAS_TLS13
    MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
    MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
#endif
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    0};

int ctls_config_random(void *context, unsigned char *output, size_t count) {
#if CTLS_OWN_RANDOM
  ctls_config *config = context;
  return mbedtls_ctr_drbg_random(&config->generator, output, count);
#else
  (void)context;
  return (int)psa_generate_random(output, count);
#endif
}

static int start_random(ctls_config *config) {
#if CTLS_OWN_RANDOM
  return mbedtls_ctr_drbg_seed(
      &config->generator, mbedtls_entropy_func, &config->entropy, (const unsigned char *)"ctls", 4);
#else
  (void)config;
  return 0;
#endif
}

#if CTLS_HAS_SERVER_TICKETS
static int write_ticket(
    void *context, const mbedtls_ssl_session *session, unsigned char *start, const unsigned char *end, size_t *length,
    uint32_t *lifetime) {
  ctls_config *config = context;
  return mbedtls_ssl_ticket_write(&config->tickets, session, start, end, length, lifetime);
}

static int parse_ticket(void *context, mbedtls_ssl_session *session, unsigned char *bytes, size_t count) {
  ctls_config *config = context;
  int status = mbedtls_ssl_ticket_parse(&config->tickets, session, bytes, count);
  if (status == 0) config->ticket_accepted = true;
  return status;
}
#endif

static int set_up_server(ctls_config *config) {
#if CTLS_HAS_SERVER_TICKETS
  int status = ctls_compat_ticket_setup(&config->tickets, ctls_config_random, config, TICKET_LIFETIME_SECONDS);
  if (status != 0) return status;
  mbedtls_ssl_conf_session_tickets_cb(&config->ssl, write_ticket, parse_ticket, config);
#else
  (void)config;
#endif
  return 0;
}

static int set_up(ctls_config *config) {
  int status = ctls_compat_start();
  if (status != 0) return status;
  status = start_random(config);
  if (status != 0) return status;
  int endpoint = config->is_server ? MBEDTLS_SSL_IS_SERVER : MBEDTLS_SSL_IS_CLIENT;
  mbedtls_ssl_config *ssl = &config->ssl;
  status = mbedtls_ssl_config_defaults(ssl, endpoint, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
  if (status != 0) return status;
#if CTLS_TAKES_RANDOM
  mbedtls_ssl_conf_rng(ssl, ctls_config_random, config);
#endif
  mbedtls_ssl_conf_authmode(ssl, config->is_server ? MBEDTLS_SSL_VERIFY_NONE : MBEDTLS_SSL_VERIFY_REQUIRED);
  // SHA-256 and better, RSA of 2048 bits and more, curves of 256 bits and more.
  mbedtls_ssl_conf_cert_profile(ssl, &mbedtls_x509_crt_profile_next);
  mbedtls_ssl_conf_ciphersuites(ssl, suites);
  ctls_compat_set_groups(ssl);
  ctls_compat_set_versions(ssl, CTLS_TLS12, CTLS_HAS_TLS13 ? CTLS_TLS13 : CTLS_TLS12);
// Not with TLS 1.3: mbedTLS 3.6 asks for the limit there too, and refuses a server that grants it (-0x7500).
#if CTLS_RECORD_SMALLER < 16384 && defined(MBEDTLS_SSL_MAX_FRAGMENT_LENGTH) && !CTLS_HAS_TLS13
  if (!config->is_server) {
    // One limit for both directions; mbedTLS takes none above the smaller of its buffers.
    status = mbedtls_ssl_conf_max_frag_len(
        ssl, CTLS_RECORD_SMALLER >= 4096 ? MBEDTLS_SSL_MAX_FRAG_LEN_4096 : MBEDTLS_SSL_MAX_FRAG_LEN_2048);
    if (status != 0) return status;
  }
#endif
#if defined(MBEDTLS_SSL_SESSION_TICKETS)
  if (!config->is_server) mbedtls_ssl_conf_session_tickets(ssl, MBEDTLS_SSL_SESSION_TICKETS_ENABLED);
#endif
  ctls_compat_enable_tickets(ssl);
  return config->is_server ? set_up_server(config) : 0;
}

static ctls_config *create(bool is_server, ctls_failure *failure) {
  ctls_config *config = mbedtls_calloc(1, sizeof *config);
  if (config == NULL) {
    *failure = ctls_failure_make(CTLS_CAUSE_OUT_OF_MEMORY, 0);
    return NULL;
  }
  config->is_server = is_server;
  config->references = 1;
  mbedtls_ssl_config_init(&config->ssl);
  mbedtls_x509_crt_init(&config->authorities);
  mbedtls_x509_crt_init(&config->chain);
  mbedtls_pk_init(&config->key);
#if CTLS_OWN_RANDOM
  mbedtls_entropy_init(&config->entropy);
  mbedtls_ctr_drbg_init(&config->generator);
#endif
#if CTLS_HAS_SERVER_TICKETS
  mbedtls_ssl_ticket_init(&config->tickets);
#endif
  int status = set_up(config);
  *failure = ctls_failure_make(CTLS_CAUSE_NONE, 0);
  if (status != 0) {
    *failure = ctls_failure_from_code(status, CTLS_CAUSE_INTERNAL);
  } else {
    *failure = ctls_config_set_protocol(config, (const uint8_t *)"http/1.1", 8);
  }
  if (failure->cause == CTLS_CAUSE_NONE) return config;
  ctls_config_release(config);
  return NULL;
}

ctls_config *ctls_config_create_client(ctls_failure *failure) {
  return create(false, failure);
}

ctls_config *ctls_config_create_server(
    const uint8_t *chain, size_t chain_count, const uint8_t *key, size_t key_count, ctls_failure *failure) {
#if defined(MBEDTLS_SSL_SRV_C)
  ctls_config *config = create(true, failure);
  if (config == NULL) return NULL;
  *failure = ctls_config_set_certificate(config, chain, chain_count, key, key_count);
  if (failure->cause == CTLS_CAUSE_NONE) return config;
  ctls_config_release(config);
#else
  (void)chain, (void)chain_count, (void)key, (void)key_count;
  *failure = ctls_failure_make(CTLS_CAUSE_UNSUPPORTED, 0);
#endif
  return NULL;
}

void ctls_config_retain(ctls_config *config) {
  config->references++;
}

void ctls_config_release(ctls_config *config) {
  if (config == NULL || --config->references > 0) return;
  mbedtls_ssl_config_free(&config->ssl);
  mbedtls_x509_crt_free(&config->authorities);
  mbedtls_x509_crt_free(&config->chain);
  mbedtls_pk_free(&config->key);
#if CTLS_HAS_SERVER_TICKETS
  mbedtls_ssl_ticket_free(&config->tickets);
#endif
#if CTLS_OWN_RANDOM
  mbedtls_ctr_drbg_free(&config->generator);
  mbedtls_entropy_free(&config->entropy);
#endif
  mbedtls_platform_zeroize(config, sizeof *config);
  mbedtls_free(config);
}

ctls_failure ctls_config_add_pin(ctls_config *config, const uint8_t hash[CTLS_HASH_BYTES]) {
  if (config->session_count > 0 || config->pin_count == CTLS_PINS_MAX) {
    return ctls_failure_make(CTLS_CAUSE_INVALID_ARGUMENT, 0);
  }
  memcpy(config->pins[config->pin_count++], hash, CTLS_HASH_BYTES);
  config->revision++;
  return ctls_failure_make(CTLS_CAUSE_NONE, 0);
}

ctls_failure ctls_config_set_versions(ctls_config *config, uint16_t minimum, uint16_t maximum) {
  if (config->session_count > 0 || minimum < CTLS_TLS12 || maximum > CTLS_TLS13 || minimum > maximum) {
    return ctls_failure_make(CTLS_CAUSE_INVALID_ARGUMENT, 0);
  }
  if (!CTLS_HAS_TLS13 && minimum > CTLS_TLS12) return ctls_failure_make(CTLS_CAUSE_UNSUPPORTED, 0);
  ctls_compat_set_versions(&config->ssl, minimum, CTLS_HAS_TLS13 ? maximum : CTLS_TLS12);
  config->revision++;
  return ctls_failure_make(CTLS_CAUSE_NONE, 0);
}

ctls_failure ctls_config_set_protocol(ctls_config *config, const uint8_t *name, size_t count) {
  if (config->session_count > 0 || count > CTLS_PROTOCOL_MAX) {
    return ctls_failure_make(CTLS_CAUSE_INVALID_ARGUMENT, 0);
  }
#if defined(MBEDTLS_SSL_ALPN)
  memset(config->protocol, 0, sizeof config->protocol);
  if (count > 0) memcpy(config->protocol, name, count);
  config->protocols[0] = config->protocol;
  config->protocols[1] = NULL;
  int status = ctls_compat_set_protocols(&config->ssl, count > 0 ? config->protocols : NULL);
  if (status != 0) return ctls_failure_from_code(status, CTLS_CAUSE_INTERNAL);
#else
  (void)name;
#endif
  config->revision++;
  return ctls_failure_make(CTLS_CAUSE_NONE, 0);
}
#endif
