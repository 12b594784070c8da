// What is checked of the peer's certificates, and how a refusal is told.
#if __STDC_HOSTED__
#include "ctls_internal.h"

#if defined(MBEDTLS_HAVE_TIME)
#include "mbedtls/platform_time.h"
#endif

// Checking one signature takes less than this (measured with 3.6 on 64 bits: P-256 3.8 KB, P-384 and RSA-2048 5.1 KB,
// RSA-4096 9.9 KB). mbedTLS reports a signature that it had no memory to check as a wrong one.
enum { CHECK_MEMORY_BYTES = 10240 };

bool ctls_session_now(const ctls_session *session, int64_t *seconds) {
  if (session->has_time) {
    *seconds = session->time;
    return true;
  }
#if defined(MBEDTLS_HAVE_TIME)
  *seconds = (int64_t)mbedtls_time(NULL);
  return true;
#else
  return false;
#endif
}

// The session's own time takes the place of the clock that mbedTLS has looked at.
static void check_dates(const ctls_session *session, const mbedtls_x509_crt *certificate, uint32_t *flags) {
  if (!session->has_time) return;
  *flags &= ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE);
  if (session->time > ctls_seconds_of(&certificate->valid_to)) *flags |= MBEDTLS_X509_BADCERT_EXPIRED;
  if (session->time < ctls_seconds_of(&certificate->valid_from)) *flags |= MBEDTLS_X509_BADCERT_FUTURE;
}

static bool has_issuers_name(const mbedtls_x509_crt *authority, const mbedtls_x509_crt *certificate) {
  return certificate->issuer_raw.len == authority->subject_raw.len &&
         memcmp(certificate->issuer_raw.p, authority->subject_raw.p, authority->subject_raw.len) == 0;
}

static bool is_self_signed(const mbedtls_x509_crt *certificate) {
  return has_issuers_name(certificate, certificate);
}

// Whether a certificate has the extension with this identifier (the contents of its DER). mbedTLS has read the
// extensions before, so that they can be walked.
static bool has_extension(const mbedtls_x509_crt *certificate, const uint8_t *identifier, size_t count) {
  unsigned char *at = certificate->v3_ext.p;
  if (at == NULL) return false;
  const unsigned char *end = at + certificate->v3_ext.len;
  const int sequence = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE;
  size_t length;
  if (mbedtls_asn1_get_tag(&at, end, &length, sequence) != 0) return false;
  while (at < end) {
    if (mbedtls_asn1_get_tag(&at, end, &length, sequence) != 0) return false;
    unsigned char *next = at + length;
    if (mbedtls_asn1_get_tag(&at, next, &length, MBEDTLS_ASN1_OID) != 0) return false;
    if (length == count && memcmp(at, identifier, count) == 0) return true;
    at = next;
  }
  return false;
}

// The extension by which a CA may be limited to some names (RFC 5280, section 4.2.1.10). mbedTLS refuses it where it is
// critical, and passes over it where it is not.
static bool has_name_constraints(const mbedtls_x509_crt *certificate) {
  static const uint8_t identifier[] = {0x55, 0x1D, 0x1E};
  return has_extension(certificate, identifier, sizeof identifier);
}

// From what makes the certificate worthless to what a wrong clock or name can explain.
static ctls_cause cause_of(uint32_t flags) {
  if (flags & MBEDTLS_X509_BADCERT_MISSING) return CTLS_CAUSE_NO_CERTIFICATE;
  if (flags & MBEDTLS_X509_BADCERT_BAD_MD) return CTLS_CAUSE_WEAK_SIGNATURE;
  if (flags & (MBEDTLS_X509_BADCERT_BAD_PK | MBEDTLS_X509_BADCERT_BAD_KEY)) return CTLS_CAUSE_WEAK_KEY;
  if (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) return CTLS_CAUSE_UNKNOWN_AUTHORITY;
  if (flags & MBEDTLS_X509_BADCERT_REVOKED) return CTLS_CAUSE_REVOKED;
  uint32_t usage =
      MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE | MBEDTLS_X509_BADCERT_NS_CERT_TYPE;
  if (flags & usage) return CTLS_CAUSE_WRONG_USAGE;
  if (flags & MBEDTLS_X509_BADCERT_EXPIRED) return CTLS_CAUSE_EXPIRED;
  if (flags & MBEDTLS_X509_BADCERT_FUTURE) return CTLS_CAUSE_NOT_YET_VALID;
  if (flags & MBEDTLS_X509_BADCERT_CN_MISMATCH) return CTLS_CAUSE_WRONG_NAME;
  if (flags & MBEDTLS_X509_BADCERT_OTHER) return CTLS_CAUSE_PIN_MISMATCH;
  return CTLS_CAUSE_BAD_CERTIFICATE;
}

ctls_failure ctls_verification_from_flags(uint32_t flags) {
  // mbedTLS sets all bits when the verification itself failed.
  if (flags == UINT32_MAX) return ctls_failure_make(CTLS_CAUSE_BAD_CERTIFICATE, 0);
  return ctls_failure_make(cause_of(flags), 0);
}

static void add_date(ctls_text *text, const mbedtls_x509_time *time) {
  ctls_text_add_number(text, (uint32_t)time->year, 4);
  ctls_text_add(text, "-");
  ctls_text_add_number(text, (uint32_t)time->mon, 2);
  ctls_text_add(text, "-");
  ctls_text_add_number(text, (uint32_t)time->day, 2);
}

static void add_issuer(ctls_text *text, const mbedtls_x509_crt *certificate) {
  char issuer[96];
  int length = mbedtls_x509_dn_gets(issuer, sizeof issuer, &certificate->issuer);
  if (length <= 0) return;
  ctls_text_add(text, " (issuer \"");
  ctls_text_add_foreign(text, (const uint8_t *)issuer, (size_t)length);
  ctls_text_add(text, "\")");
}

// Why the one in the list that has the issuer's name has not issued the certificate, below which `depth` CAs are, for
// mbedTLS passes over it without a word; NULL where no one has the name.
static const char *flaw_of_issuer(const mbedtls_x509_crt *list, const mbedtls_x509_crt *certificate, int depth) {
  while (list != NULL && !has_issuers_name(list, certificate)) list = list->next;
  if (list == NULL) return NULL;
  if (!ctls_compat_is_authority(list)) return "; that is no CA";
  if (!ctls_compat_may_sign(list)) return "; that CA must not sign certificates";
  if (!ctls_compat_allows_below(list, depth)) return "; that CA allows fewer CAs below it";
  return "; not signed with the key of that CA";
}

static void add_flaw_of_issuer(
    ctls_text *text, const ctls_session *session, const mbedtls_x509_crt *certificate, int depth) {
  const char *flaw = flaw_of_issuer(certificate->next, certificate, depth);
  if (flaw == NULL) flaw = flaw_of_issuer(&session->config->authorities, certificate, depth);
  if (flaw != NULL) ctls_text_add(text, flaw);
}

static void add_today(ctls_text *text, const ctls_session *session) {
  int64_t now;
  if (!ctls_session_now(session, &now)) return;
  mbedtls_x509_time today;
  if (!ctls_time_of(now, &today)) return;
  ctls_text_add(text, "; the clock here says ");
  add_date(text, &today);
}

static void describe(ctls_session *session, const mbedtls_x509_crt *certificate, int depth) {
  ctls_cause cause = session->verification.cause;
  ctls_text text = ctls_text_start(session->detail, sizeof session->detail);
  if (cause == CTLS_CAUSE_OUT_OF_MEMORY) {
    ctls_text_add(&text, "certificate was not issued by a trusted CA, or there was no memory to check it: fewer than ");
    ctls_text_add_number(&text, CHECK_MEMORY_BYTES, 1);
    ctls_text_add(&text, " bytes are free");
    add_issuer(&text, certificate);
    return;
  }
  ctls_text_add(&text, depth == 0 ? "certificate" : "CA certificate in the chain");
  if (cause == CTLS_CAUSE_WRONG_NAME) {
    ctls_text_add(&text, " is for ");
    ctls_text_add_names(&text, certificate);
    ctls_text_add(&text, ", not for \"");
    ctls_text_add(&text, session->name.text);
    ctls_text_add(&text, "\"");
  } else if (cause == CTLS_CAUSE_EXPIRED) {
    ctls_text_add(&text, " expired on ");
    add_date(&text, &certificate->valid_to);
    add_today(&text, session);
  } else if (cause == CTLS_CAUSE_NOT_YET_VALID) {
    ctls_text_add(&text, " is not valid before ");
    add_date(&text, &certificate->valid_from);
    add_today(&text, session);
  } else if (cause == CTLS_CAUSE_UNKNOWN_AUTHORITY) {
    ctls_text_add(&text, " was not issued by a trusted CA");
    add_issuer(&text, certificate);
    add_flaw_of_issuer(&text, session, certificate, depth);
  } else if (cause == CTLS_CAUSE_BAD_CERTIFICATE && has_name_constraints(certificate)) {
    ctls_text_add(&text, " is for certain names only (name constraints), which cannot be checked here");
  } else {
    char words[96];
    ctls_failure_describe(session->verification, words, sizeof words);
    text = ctls_text_start(session->detail, sizeof session->detail);
    ctls_text_add(&text, words);
    add_issuer(&text, certificate);
  }
}

bool ctls_is_memory_short(void) {
  void *probe = mbedtls_calloc(1, CHECK_MEMORY_BYTES);
  mbedtls_free(probe);
  return probe == NULL;
}

// The gravest failure of the chain is the one that is told.
static int rank(ctls_cause cause) {
  switch (cause) {
    case CTLS_CAUSE_NONE:
      return 0;
    case CTLS_CAUSE_PIN_MISMATCH:
      return 1;
    case CTLS_CAUSE_WRONG_NAME:
      return 2;
    case CTLS_CAUSE_EXPIRED:
    case CTLS_CAUSE_NOT_YET_VALID:
      return 3;
    default:
      return 4;
  }
}

static void check_pins(ctls_session *session, uint32_t *flags) {
  const ctls_config *config = session->config;
  if (config->pin_count == 0) return;
  for (size_t index = 0; index < config->pin_count; index++) {
    if (memcmp(config->pins[index], session->peer_key_hash, CTLS_HASH_BYTES) == 0) return;
  }
  *flags |= MBEDTLS_X509_BADCERT_OTHER;
}

// Asks the callback of the config's bundle whether the issuer is trusted. It sees nothing else: those of ESP-IDF and
// others give up on a certificate with a second flaw, which would then pass for one of an unknown CA. A failure of it
// is no answer, and the certificate stays refused; handed on, mbedTLS would hide the cause.
static void ask_bundle(const ctls_session *session, mbedtls_x509_crt *certificate, int depth, uint32_t *flags) {
  void *context = NULL;
  ctls_compat_verify verify = ctls_compat_config_verify(&session->config->ssl, &context);
  if (verify == NULL || !(*flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED)) return;
  uint32_t trust = MBEDTLS_X509_BADCERT_NOT_TRUSTED;
  if (verify(context, certificate, depth, &trust) != 0 || trust != 0) return;
  *flags &= ~(uint32_t)MBEDTLS_X509_BADCERT_NOT_TRUSTED;
  // A root that the server sends along is trusted for its key; the hash of its own signature does not matter.
  if (is_self_signed(certificate)) *flags &= ~(uint32_t)MBEDTLS_X509_BADCERT_BAD_MD;
}

// Called for each certificate of the chain, from the CA (highest depth) to the peer's own (depth 0).
int ctls_session_verify(void *context, mbedtls_x509_crt *certificate, int depth, uint32_t *flags) {
  ctls_session *session = context;
  session->was_verified = true;
  ask_bundle(session, certificate, depth, flags);
  check_dates(session, certificate, flags);
  int64_t expiry = ctls_seconds_of(&certificate->valid_to);
  if (session->expiry == 0 || expiry < session->expiry) session->expiry = expiry;
  if (depth == 0) {
    int status = ctls_compat_sha256(certificate->pk_raw.p, certificate->pk_raw.len, session->peer_key_hash);
    if (status != 0) return status;
    session->has_peer_key_hash = true;
    if (!session->config->is_server && !ctls_name_matches(&session->name, certificate)) {
      *flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
    }
    check_pins(session, flags);
  }
  bool is_constrained = depth > 0 && has_name_constraints(certificate);
  if (*flags == 0 && !is_constrained) return 0;

  ctls_cause cause = *flags != 0 ? cause_of(*flags) : CTLS_CAUSE_BAD_CERTIFICATE;
  if (is_constrained) *flags |= MBEDTLS_X509_BADCERT_OTHER;
  if (cause == CTLS_CAUSE_UNKNOWN_AUTHORITY) {
    if (ctls_is_memory_short()) {
      cause = CTLS_CAUSE_OUT_OF_MEMORY;
    } else if (depth == 0 && is_self_signed(certificate)) {
      cause = CTLS_CAUSE_SELF_SIGNED;
    }
  }
  if (rank(cause) > rank(session->verification.cause)) {
    session->verification = ctls_failure_make(cause, 0);
    describe(session, certificate, depth);
  }
  return 0;
}
#endif
