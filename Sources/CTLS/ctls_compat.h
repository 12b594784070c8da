// All that differs between mbedTLS 2.28, 3.6 and 4.x. Nothing outside this file looks at the version.
#ifndef CTLS_COMPAT_H
#define CTLS_COMPAT_H

#include <stdbool.h>
#include <string.h>

#include "mbedtls/version.h"

#if MBEDTLS_VERSION_NUMBER < 0x021C0000
#error "CTLS needs mbedTLS 2.28 or newer"
#endif

#if MBEDTLS_VERSION_NUMBER < 0x03000000 && !defined(MBEDTLS_CONFIG_FILE)
#include "mbedtls/config.h"
#endif

#include "mbedtls/asn1.h"
#include "mbedtls/error.h"
#include "mbedtls/oid.h"
#include "mbedtls/pk.h"
#include "mbedtls/platform.h"
#include "mbedtls/platform_util.h"
#include "mbedtls/ssl.h"
#include "mbedtls/x509_crt.h"

#if MBEDTLS_VERSION_NUMBER < 0x04000000
#include "mbedtls/sha256.h"
#endif

#if !defined(MBEDTLS_HAVE_TIME_DATE)
#error "CTLS needs MBEDTLS_HAVE_TIME and MBEDTLS_HAVE_TIME_DATE: without them certificate dates are not checked"
#endif
#if !defined(MBEDTLS_X509_CRT_PARSE_C) || !defined(MBEDTLS_SSL_CLI_C) || !defined(MBEDTLS_SSL_PROTO_TLS1_2)
#error "CTLS needs MBEDTLS_X509_CRT_PARSE_C, MBEDTLS_SSL_CLI_C and MBEDTLS_SSL_PROTO_TLS1_2"
#endif

// Fields: public in 2.28, MBEDTLS_PRIVATE since.
#if MBEDTLS_VERSION_NUMBER < 0x03000000
#define MBEDTLS_PRIVATE(member) member
#endif

// Bytes of a built record that have not been sent.
static inline size_t ctls_compat_unsent(const mbedtls_ssl_context *ssl) {
  return ssl->MBEDTLS_PRIVATE(out_left);
}

// Whether mbedTLS still has steps of the handshake, or of a TLS 1.3 ticket, to do.
static inline bool ctls_compat_is_in_handshake(const mbedtls_ssl_context *ssl) {
  return (int)ssl->MBEDTLS_PRIVATE(state) != MBEDTLS_SSL_HANDSHAKE_OVER;
}

// The number of the alert just received.
static inline int ctls_compat_alert(const mbedtls_ssl_context *ssl) {
  const unsigned char *message = ssl->MBEDTLS_PRIVATE(in_msg);
  return message != NULL ? message[1] : 0;
}

typedef int (*ctls_compat_verify)(void *context, mbedtls_x509_crt *certificate, int depth, uint32_t *flags);

// The verification callback that was set on the config, NULL if none, and what it is called with.
static inline ctls_compat_verify ctls_compat_config_verify(const mbedtls_ssl_config *ssl, void **context) {
  *context = ssl->MBEDTLS_PRIVATE(p_vrfy);
  return ssl->MBEDTLS_PRIVATE(f_vrfy);
}

// What a certificate says of itself as a CA (RFC 5280, sections 4.2.1.9 and 4.2.1.3).
static inline bool ctls_compat_is_authority(const mbedtls_x509_crt *certificate) {
  return certificate->MBEDTLS_PRIVATE(ca_istrue) != 0;
}

static inline bool ctls_compat_may_sign(const mbedtls_x509_crt *certificate) {
#if MBEDTLS_VERSION_NUMBER < 0x03000000 && !defined(MBEDTLS_X509_CHECK_KEY_USAGE)
  (void)certificate;
  return true;
#else
  return mbedtls_x509_crt_check_key_usage(certificate, MBEDTLS_X509_KU_KEY_CERT_SIGN) == 0;
#endif
}

// Whether the chain may be as long as one that has `count` CAs below this one.
static inline bool ctls_compat_allows_below(const mbedtls_x509_crt *certificate, int count) {
  int limit = certificate->MBEDTLS_PRIVATE(max_pathlen);
  return limit <= 0 || count < limit;
}

// TLS 1.3 and PSA.
#if MBEDTLS_VERSION_NUMBER >= 0x03060000 && defined(MBEDTLS_SSL_PROTO_TLS1_3)
#define CTLS_HAS_TLS13 1
#else
#define CTLS_HAS_TLS13 0
#endif

#if CTLS_HAS_TLS13 || MBEDTLS_VERSION_NUMBER >= 0x04000000 || defined(MBEDTLS_USE_PSA_CRYPTO)
#include "psa/crypto.h"
static inline int ctls_compat_start(void) {
  return (int)psa_crypto_init();
}
#else
static inline int ctls_compat_start(void) {
  return 0;
}
#endif

// Random numbers: 4.x takes PSA's by itself, and where there is TLS 1.3 it is given them too; else a generator of our own.
#if MBEDTLS_VERSION_NUMBER >= 0x04000000
#define CTLS_TAKES_RANDOM 0
#else
#define CTLS_TAKES_RANDOM 1
#endif

#if CTLS_TAKES_RANDOM && !CTLS_HAS_TLS13
#if !defined(MBEDTLS_ENTROPY_C) || !defined(MBEDTLS_CTR_DRBG_C)
#error "CTLS needs MBEDTLS_ENTROPY_C and MBEDTLS_CTR_DRBG_C, or TLS 1.3 and with it PSA's random numbers"
#endif
#include "mbedtls/ctr_drbg.h"
#include "mbedtls/entropy.h"
#define CTLS_OWN_RANDOM 1
#else
#define CTLS_OWN_RANDOM 0
#endif

// Tickets.
#if defined(MBEDTLS_SSL_TICKET_C) && defined(MBEDTLS_SSL_SRV_C)
#include "mbedtls/ssl_ticket.h"
#define CTLS_HAS_SERVER_TICKETS 1
#else
#define CTLS_HAS_SERVER_TICKETS 0
#endif

#if CTLS_HAS_SERVER_TICKETS
static inline int ctls_compat_ticket_setup(
    mbedtls_ssl_ticket_context *tickets, int (*random)(void *, unsigned char *, size_t), void *context,
    uint32_t lifetime_seconds) {
#if MBEDTLS_VERSION_NUMBER >= 0x04000000
  (void)random;
  (void)context;
  return mbedtls_ssl_ticket_setup(tickets, PSA_ALG_GCM, PSA_KEY_TYPE_AES, 256, lifetime_seconds);
#else
  return mbedtls_ssl_ticket_setup(tickets, random, context, MBEDTLS_CIPHER_AES_256_GCM, lifetime_seconds);
#endif
}
#endif

// Whether mbedtls_ssl_read says so when a ticket has come. 3.6.1 and later have to be asked to.
#if CTLS_HAS_TLS13 && defined(MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET)
#define CTLS_IS_NEW_TICKET(code) ((code) == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET)
#else
#define CTLS_IS_NEW_TICKET(code) 0
#endif

static inline void ctls_compat_enable_tickets(mbedtls_ssl_config *ssl) {
#if MBEDTLS_VERSION_NUMBER >= 0x03060100 && MBEDTLS_VERSION_NUMBER < 0x04000000 && CTLS_HAS_TLS13 && \
    defined(MBEDTLS_SSL_SESSION_TICKETS)
  mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(ssl, MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
#else
  (void)ssl;
#endif
}

// Versions: 0x0303 or 0x0304.
static inline void ctls_compat_set_versions(mbedtls_ssl_config *ssl, int minimum, int maximum) {
#if MBEDTLS_VERSION_NUMBER >= 0x03060000
  mbedtls_ssl_conf_min_tls_version(ssl, (mbedtls_ssl_protocol_version)minimum);
  mbedtls_ssl_conf_max_tls_version(ssl, (mbedtls_ssl_protocol_version)maximum);
#else
  mbedtls_ssl_conf_min_version(ssl, minimum >> 8, minimum & 0xFF);
  mbedtls_ssl_conf_max_version(ssl, maximum >> 8, maximum & 0xFF);
#endif
}

static inline int ctls_compat_version(const mbedtls_ssl_context *ssl) {
#if MBEDTLS_VERSION_NUMBER >= 0x03060000
  return (int)mbedtls_ssl_get_version_number(ssl);
#else
  return strcmp(mbedtls_ssl_get_version(ssl), "TLSv1.2") == 0 ? 0x0303 : 0;
#endif
}

static inline int ctls_compat_suite(const mbedtls_ssl_context *ssl) {
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
  return mbedtls_ssl_get_ciphersuite_id_from_ssl(ssl);
#else
  const char *name = mbedtls_ssl_get_ciphersuite(ssl);
  return name != NULL ? mbedtls_ssl_get_ciphersuite_id(name) : 0;
#endif
}

// ALPN; NULL for none, which mbedTLS has no call for.
#if defined(MBEDTLS_SSL_ALPN)
static inline int ctls_compat_set_protocols(mbedtls_ssl_config *ssl, const char **protocols) {
  if (protocols != NULL) return mbedtls_ssl_conf_alpn_protocols(ssl, protocols);
  ssl->MBEDTLS_PRIVATE(alpn_list) = NULL;
  return 0;
}
#endif

// Record sizes, where the buffers are smaller than a full record (RFC 6066, section 4).
#if defined(MBEDTLS_SSL_IN_CONTENT_LEN)
#define CTLS_RECORD_IN MBEDTLS_SSL_IN_CONTENT_LEN
#else
#define CTLS_RECORD_IN 16384
#endif
#if defined(MBEDTLS_SSL_OUT_CONTENT_LEN) && MBEDTLS_SSL_OUT_CONTENT_LEN < CTLS_RECORD_IN
#define CTLS_RECORD_SMALLER MBEDTLS_SSL_OUT_CONTENT_LEN
#else
#define CTLS_RECORD_SMALLER CTLS_RECORD_IN
#endif

// Groups and signature hashes. P-256 comes before X25519, because mbedTLS has tables and a reduction of its own for it: on
// a chip without a wider multiplier the key exchange takes 22 in place of 29 million instructions.
static inline void ctls_compat_set_groups(mbedtls_ssl_config *ssl) {
#if MBEDTLS_VERSION_NUMBER < 0x03000000
  static const mbedtls_ecp_group_id groups[] = {
#if defined(MBEDTLS_ECP_DP_SECP256R1_ENABLED)
      MBEDTLS_ECP_DP_SECP256R1,
#endif
#if defined(MBEDTLS_ECP_DP_CURVE25519_ENABLED)
      MBEDTLS_ECP_DP_CURVE25519,
#endif
#if defined(MBEDTLS_ECP_DP_SECP384R1_ENABLED)
      MBEDTLS_ECP_DP_SECP384R1,
#endif
#if defined(MBEDTLS_ECP_DP_SECP521R1_ENABLED)
      MBEDTLS_ECP_DP_SECP521R1,
#endif
      MBEDTLS_ECP_DP_NONE};
  static const int hashes[] = {MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA384, MBEDTLS_MD_SHA512, MBEDTLS_MD_NONE};
  mbedtls_ssl_conf_curves(ssl, groups);
  mbedtls_ssl_conf_sig_hashes(ssl, hashes);
#else
  // What the library lacks it leaves out.
  static const uint16_t groups[] = {MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1, MBEDTLS_SSL_IANA_TLS_GROUP_X25519,
                                    MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1, MBEDTLS_SSL_IANA_TLS_GROUP_SECP521R1,
                                    MBEDTLS_SSL_IANA_TLS_GROUP_NONE};
  mbedtls_ssl_conf_groups(ssl, groups);
  // As the default of 3.6, but PKCS #1 v1.5 before PSS. mbedTLS offers PSS for TLS 1.3 and then refuses it in TLS 1.2
  // (-0x6600); a server that goes by the client's order takes PKCS #1 v1.5 there. In TLS 1.3 that is for chains only.
  static const uint16_t algorithms[] = {
      MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256, MBEDTLS_TLS1_3_SIG_ECDSA_SECP384R1_SHA384,
      MBEDTLS_TLS1_3_SIG_ECDSA_SECP521R1_SHA512, MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA256,
      MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA384,       MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA512,
      MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA256,    MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA384,
      MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA512,    MBEDTLS_TLS1_3_SIG_NONE};
  mbedtls_ssl_conf_sig_algs(ssl, algorithms);
#endif
}

#include "ctls_compat_certificates.h"

#endif
