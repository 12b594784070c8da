// What a session tells about itself.
#if __STDC_HOSTED__
#include "ctls_internal.h"

ctls_failure ctls_session_failure(const ctls_session *session) {
  return session->failure;
}

size_t ctls_session_describe_failure(const ctls_session *session, char *bytes, size_t capacity) {
  // The details were written when the certificate was at hand.
  if (session->failure.cause == CTLS_CAUSE_NONE || session->detail[0] == 0 ||
      (session->verification.cause != CTLS_CAUSE_NONE && session->verification.cause != session->failure.cause)) {
    return ctls_failure_describe(session->failure, bytes, capacity);
  }
  ctls_text text = ctls_text_start(bytes, capacity);
  ctls_text_add(&text, session->detail);
  return text.count;
}

void ctls_session_information(const ctls_session *session, ctls_information *information) {
  memset(information, 0, sizeof *information);
  if (session->state == CTLS_STATE_HANDSHAKE || mbedtls_ssl_get_ciphersuite(&session->ssl) == NULL) return;
  information->version = (uint16_t)ctls_compat_version(&session->ssl);
  information->suite = (uint16_t)ctls_compat_suite(&session->ssl);
  information->resumed = session->resumed;
  information->closed_by_notify = session->is_closed_by_notify;
  information->has_peer_key_hash = session->has_peer_key_hash;
  memcpy(information->peer_key_hash, session->peer_key_hash, CTLS_HASH_BYTES);
#if defined(MBEDTLS_SSL_ALPN)
  const char *protocol = mbedtls_ssl_get_alpn_protocol(&session->ssl);
  ctls_text text = ctls_text_start(information->protocol, sizeof information->protocol);
  if (protocol != NULL) ctls_text_add(&text, protocol);
#endif
}

size_t ctls_session_suite_name(const ctls_session *session, char *bytes, size_t capacity) {
  ctls_text text = ctls_text_start(bytes, capacity);
  const char *name = mbedtls_ssl_get_ciphersuite(&session->ssl);
  if (name != NULL) ctls_text_add(&text, name);
  return text.count;
}
#endif
