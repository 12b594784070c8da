// Causes: from mbedTLS's codes and TLS alerts, and in words.
#if __STDC_HOSTED__
#include "ctls_internal.h"

ctls_failure ctls_failure_make(ctls_cause cause, int code) {
  return (ctls_failure){.cause = cause, .code = (int32_t)code};
}

// mbedTLS adds a low-level code (7 bits) to a high-level one (multiples of 0x80). Numbers, not names: each version
// has dropped some of the names.
static bool is_out_of_memory(int high, int low) {
  switch (high) {
    case 0x7F00:  // SSL
    case 0x2880:  // X509
    case 0x3F80:  // PK
    case 0x1180:  // PEM
    case 0x6180:  // CIPHER
    case 0x5180:  // MD
    case 0x4D80:  // ECP
      return true;
    default:
      // MPI, ASN1; PSA_ERROR_INSUFFICIENT_MEMORY is -141.
      return low == 0x10 || low == 0x6A || (high == 0x80 && low == 0x0D);
  }
}

static ctls_cause cause_of(int high, ctls_cause fallback) {
  switch (high) {
    case 0x7180:  // INVALID_MAC
    case 0x7200:  // INVALID_RECORD
      return CTLS_CAUSE_BAD_RECORD;
    case 0x7280:  // CONN_EOF
      return CTLS_CAUSE_CLOSED_IN_HANDSHAKE;
    case 0x7380:  // NO_CIPHER_CHOSEN
    case 0x6E00:  // HANDSHAKE_FAILURE (3.6)
    case 0x6980:  // NO_USABLE_CIPHERSUITE
      return CTLS_CAUSE_NO_COMMON_SUITE;
    case 0x6E80:  // BAD_PROTOCOL_VERSION
    case 0x5F00:  // VERSION_MISMATCH
      return CTLS_CAUSE_NO_COMMON_VERSION;
    case 0x7480:  // NO_CLIENT_CERTIFICATE
      return CTLS_CAUSE_NO_CERTIFICATE;
    case 0x7680:  // CA_CHAIN_REQUIRED
      return CTLS_CAUSE_UNKNOWN_AUTHORITY;
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    case 0x7580:  // NO_APPLICATION_PROTOCOL; in 2.28 the number of another
      return CTLS_CAUSE_NO_COMMON_PROTOCOL;
#endif
    case 0x7400:  // NO_RNG
      return CTLS_CAUSE_ENTROPY;
    case 0x7A00:  // BAD_CERTIFICATE
      return CTLS_CAUSE_BAD_CERTIFICATE;
    case 0x7600:  // PRIVATE_KEY_REQUIRED
      return CTLS_CAUSE_INVALID_KEY;
    case 0x6C00:  // INTERNAL_ERROR
    case 0x5E80:  // BAD_CONFIG
    case 0x6A00:  // BUFFER_TOO_SMALL
      return CTLS_CAUSE_INTERNAL;
    default:
      // X509 codes: the certificate that was received cannot be read, or (FATAL_ERROR) its chain cannot be checked.
      if ((high >= 0x2080 && high <= 0x2980) || high == 0x3000) return CTLS_CAUSE_BAD_CERTIFICATE;
      return fallback;
  }
}

ctls_failure ctls_failure_from_code(int code, ctls_cause fallback) {
  int high = -code & 0xFF80;
  int low = -code & 0x7F;
  if (is_out_of_memory(high, low)) return ctls_failure_make(CTLS_CAUSE_OUT_OF_MEMORY, code);
  // ENTROPY_SOURCE_FAILED and NO_SOURCES_DEFINED, CTR_DRBG_ENTROPY_SOURCE_FAILED, PSA_ERROR_INSUFFICIENT_ENTROPY.
  if (low == 0x3C || low == 0x40 || low == 0x34 || (high == 0x80 && low == 0x14)) {
    return ctls_failure_make(CTLS_CAUSE_ENTROPY, code);
  }
  return ctls_failure_make(cause_of(high, fallback), code);
}

static const char *const causes[] = {
    [CTLS_CAUSE_NONE] = "no failure",
    [CTLS_CAUSE_EXPIRED] = "certificate has expired",
    [CTLS_CAUSE_NOT_YET_VALID] = "certificate is not valid yet (is the clock right?)",
    [CTLS_CAUSE_WRONG_NAME] = "certificate is for another name",
    [CTLS_CAUSE_UNKNOWN_AUTHORITY] = "certificate was not issued by a trusted CA",
    [CTLS_CAUSE_SELF_SIGNED] = "certificate is self-signed and not trusted",
    [CTLS_CAUSE_REVOKED] = "certificate has been revoked",
    [CTLS_CAUSE_WEAK_KEY] = "certificate has a key that is too weak or of an unsupported kind",
    [CTLS_CAUSE_WEAK_SIGNATURE] = "certificate is signed with a weak or unsupported algorithm",
    [CTLS_CAUSE_WRONG_USAGE] = "certificate is not meant for this use",
    [CTLS_CAUSE_BAD_CERTIFICATE] = "certificate cannot be read or used",
    [CTLS_CAUSE_PIN_MISMATCH] = "certificate's public key is not one of those pinned",
    [CTLS_CAUSE_NO_CERTIFICATE] = "peer showed no certificate",
    [CTLS_CAUSE_ALERT] = "peer sent TLS alert",
    [CTLS_CAUSE_NO_COMMON_VERSION] = "no TLS version in common with the peer",
    [CTLS_CAUSE_NO_COMMON_SUITE] = "no cipher suite, group or signature algorithm in common with the peer",
    [CTLS_CAUSE_NO_COMMON_PROTOCOL] = "no application protocol (ALPN) in common with the peer",
    [CTLS_CAUSE_BAD_HANDSHAKE] = "peer's handshake message is wrong or not TLS",
    [CTLS_CAUSE_BAD_RECORD] = "peer's record is damaged or not TLS",
    [CTLS_CAUSE_CLOSED_IN_HANDSHAKE] = "peer closed the connection during the TLS handshake",
    [CTLS_CAUSE_TRUNCATED] = "connection ended inside a TLS record",
    [CTLS_CAUSE_TRANSPORT] = "connection failed",
    [CTLS_CAUSE_CLOSED] = "TLS session is closed",
    [CTLS_CAUSE_OUT_OF_MEMORY] = "not enough memory for TLS",
    [CTLS_CAUSE_ENTROPY] = "no random numbers for TLS",
    [CTLS_CAUSE_INVALID_AUTHORITY] = "no CA certificate that can be read (PEM or DER) was given",
    [CTLS_CAUSE_INVALID_CERTIFICATE] = "certificate given cannot be read (PEM)",
    [CTLS_CAUSE_INVALID_KEY] = "private key given cannot be read (PEM, no password) or does not fit the certificate",
    [CTLS_CAUSE_INVALID_NAME] = "server name is neither a DNS name nor an IP address",
    [CTLS_CAUSE_INVALID_ARGUMENT] = "TLS was asked for something that is not possible now",
    [CTLS_CAUSE_UNSUPPORTED] = "the TLS library cannot do this",
    [CTLS_CAUSE_INTERNAL] = "TLS library failed",
};

typedef struct alert_words {
  uint8_t number;
  const char *words;
} alert_words;

// RFC 8446, section 6, and RFC 7301.
static const alert_words alerts[] = {
    {0, "close_notify"},
    {10, "unexpected_message"},
    {20, "bad_record_mac"},
    {22, "record_overflow"},
    {40, "handshake_failure: no cipher suite in common, or it wants a client certificate"},
    {42, "bad_certificate: it does not accept this side's certificate"},
    {43, "unsupported_certificate: it does not accept this side's certificate"},
    {44, "certificate_revoked"},
    {45, "certificate_expired"},
    {46, "certificate_unknown"},
    {47, "illegal_parameter"},
    {48, "unknown_ca: it does not know the CA of this side's certificate"},
    {49, "access_denied"},
    {50, "decode_error"},
    {51, "decrypt_error"},
    {70, "protocol_version: it does not speak the TLS versions offered"},
    {71, "insufficient_security"},
    {80, "internal_error"},
    {86, "inappropriate_fallback"},
    {90, "user_canceled"},
    {109, "missing_extension"},
    {110, "unsupported_extension"},
    {112, "unrecognized_name: it does not serve this name"},
    {113, "bad_certificate_status_response"},
    {115, "unknown_psk_identity"},
    {116, "certificate_required: it wants a client certificate"},
    {120, "no_application_protocol"},
};

static void add_alert(ctls_text *text, int32_t number) {
  ctls_text_add(text, " ");
  ctls_text_add_number(text, (uint32_t)number, 1);
  for (size_t index = 0; index < sizeof alerts / sizeof alerts[0]; index++) {
    if (alerts[index].number != number) continue;
    ctls_text_add(text, " (");
    ctls_text_add(text, alerts[index].words);
    ctls_text_add(text, ")");
  }
}

// What a code says that the words for its cause leave open.
static void add_hint(ctls_text *text, int high) {
  if (high == 0x2500) ctls_text_add(text, ": a critical extension is unknown, or one is malformed");
  if (high == 0x3000) ctls_text_add(text, ": its chain has too many CAs, or could not be checked");
}

size_t ctls_failure_describe(ctls_failure failure, char *bytes, size_t capacity) {
  ctls_text text = ctls_text_start(bytes, capacity);
  bool known = (unsigned)failure.cause < sizeof causes / sizeof causes[0] && causes[failure.cause] != NULL;
  ctls_text_add(&text, known ? causes[failure.cause] : "unknown failure");
  if (failure.cause == CTLS_CAUSE_ALERT) {
    add_alert(&text, failure.code);
  } else if (failure.code < 0) {
    add_hint(&text, -failure.code & 0xFF80);
    ctls_text_add(&text, " (mbedTLS -0x");
    ctls_text_add_hex(&text, (uint32_t)-failure.code, 4);
    ctls_text_add(&text, ")");
  }
  return text.count;
}

uint32_t ctls_library_version(void) {
  return MBEDTLS_VERSION_NUMBER;
}

bool ctls_has_tls13(void) {
  return CTLS_HAS_TLS13;
}
#endif
