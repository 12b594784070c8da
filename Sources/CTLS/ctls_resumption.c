// Tickets: where they are kept, and when they may be used again.
#if __STDC_HOSTED__
#include "ctls_internal.h"

ctls_resumption *ctls_resumption_create(void) {
  ctls_resumption *resumption = mbedtls_calloc(1, sizeof *resumption);
  if (resumption == NULL) return NULL;
  mbedtls_ssl_session_init(&resumption->session);
  resumption->references = 1;
  return resumption;
}

void ctls_resumption_retain(ctls_resumption *resumption) {
  resumption->references++;
}

void ctls_resumption_clear(ctls_resumption *resumption) {
  mbedtls_ssl_session_free(&resumption->session);
  mbedtls_ssl_session_init(&resumption->session);
  resumption->is_filled = false;
  ctls_config_release(resumption->config);
  resumption->config = NULL;
}

void ctls_resumption_release(ctls_resumption *resumption) {
  if (resumption == NULL || --resumption->references > 0) return;
  ctls_resumption_clear(resumption);
  mbedtls_platform_zeroize(resumption, sizeof *resumption);
  mbedtls_free(resumption);
}

bool ctls_resumption_is_filled(const ctls_resumption *resumption) {
  return resumption->is_filled;
}

// The certificate is not shown again in a resumed session: the ticket stands for it, for the same trust and name, as
// long as it is valid.
static bool is_usable(const ctls_session *session) {
  const ctls_resumption *slot = session->resumption;
  int64_t now;
  return slot->is_filled && slot->config == session->config && slot->revision == session->config->revision &&
         strcmp(slot->name, session->name.text) == 0 && ctls_session_now(session, &now) && now < slot->expiry;
}

void ctls_resumption_offer(ctls_session *session) {
  if (session->resumption == NULL || !session->resumption->is_filled) return;
  if (!is_usable(session)) {
    ctls_resumption_clear(session->resumption);
    return;
  }
  // A refusal by the library costs a full handshake, no more.
  if (mbedtls_ssl_set_session(&session->ssl, &session->resumption->session) != 0) return;
  session->offered_resumption = true;
}

static void save(ctls_session *session) {
  ctls_resumption *slot = session->resumption;
  mbedtls_ssl_session fresh;
  mbedtls_ssl_session_init(&fresh);
  if (mbedtls_ssl_get_session(&session->ssl, &fresh) != 0) {
    mbedtls_ssl_session_free(&fresh);
    return;
  }
  ctls_config *config = session->config;
  ctls_config_retain(config);
  ctls_resumption_clear(slot);
  slot->session = fresh;
  // What it points to is the slot's now; the secrets in itself are not needed twice.
  mbedtls_platform_zeroize(&fresh, sizeof fresh);
  slot->is_filled = true;
  slot->config = config;
  slot->revision = config->revision;
  memcpy(slot->name, session->name.text, sizeof slot->name);
  slot->expiry = session->expiry;
  memcpy(slot->peer_key_hash, session->peer_key_hash, CTLS_HASH_BYTES);
}

void ctls_resumption_after_handshake(ctls_session *session) {
  ctls_resumption *slot = session->resumption;
  if (slot == NULL) return;
  session->resumed = session->offered_resumption && !session->was_verified;
  if (session->resumed) {
    session->expiry = slot->expiry;
    memcpy(session->peer_key_hash, slot->peer_key_hash, CTLS_HASH_BYTES);
    session->has_peer_key_hash = true;
  } else if (slot->is_filled) {
    // Not accepted: never offer it again.
    ctls_resumption_clear(slot);
  }
  // In TLS 1.3 the tickets come later, if at all.
  if (ctls_compat_version(&session->ssl) == CTLS_TLS12) save(session);
}

void ctls_resumption_capture(ctls_session *session) {
  if (session->resumption != NULL) save(session);
}
#endif
