// TLS 1.2 and 1.3 over mbedTLS, client and server role, without blocking. Self-contained: no mbedTLS type appears here.
//
// Order of use: a config (trust, pins, certificate, versions), then any number of sessions that share it, one per
// connection. All objects come from mbedTLS's allocator (on a board: its static pool) and are opaque.
// A config, its sessions and resumption slots belong to one thread at a time.
// The peer's certificate is always checked by a client: chain, name, dates, and pins where there are any. No call
// switches that off.
#ifndef CTLS_H
#define CTLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ctls_config ctls_config;
typedef struct ctls_session ctls_session;
typedef struct ctls_resumption ctls_resumption;

// Why something failed.
typedef enum ctls_cause {
  CTLS_CAUSE_NONE = 0,
  // The peer's certificate.
  CTLS_CAUSE_EXPIRED,
  CTLS_CAUSE_NOT_YET_VALID,
  CTLS_CAUSE_WRONG_NAME,
  CTLS_CAUSE_UNKNOWN_AUTHORITY,
  CTLS_CAUSE_SELF_SIGNED,
  CTLS_CAUSE_REVOKED,
  CTLS_CAUSE_WEAK_KEY,
  CTLS_CAUSE_WEAK_SIGNATURE,
  CTLS_CAUSE_WRONG_USAGE,
  CTLS_CAUSE_BAD_CERTIFICATE,
  CTLS_CAUSE_PIN_MISMATCH,
  CTLS_CAUSE_NO_CERTIFICATE,
  // The peer's messages.
  CTLS_CAUSE_ALERT,
  CTLS_CAUSE_NO_COMMON_VERSION,
  CTLS_CAUSE_NO_COMMON_SUITE,
  CTLS_CAUSE_NO_COMMON_PROTOCOL,
  CTLS_CAUSE_BAD_HANDSHAKE,
  CTLS_CAUSE_BAD_RECORD,
  CTLS_CAUSE_CLOSED_IN_HANDSHAKE,
  CTLS_CAUSE_TRUNCATED,
  // This side.
  CTLS_CAUSE_TRANSPORT,
  CTLS_CAUSE_CLOSED,
  CTLS_CAUSE_OUT_OF_MEMORY,
  CTLS_CAUSE_ENTROPY,
  CTLS_CAUSE_INVALID_AUTHORITY,
  CTLS_CAUSE_INVALID_CERTIFICATE,
  CTLS_CAUSE_INVALID_KEY,
  CTLS_CAUSE_INVALID_NAME,
  CTLS_CAUSE_INVALID_ARGUMENT,
  CTLS_CAUSE_UNSUPPORTED,
  CTLS_CAUSE_INTERNAL,
} ctls_cause;

// A cause with its number: the alert (RFC 8446, section 6) for CTLS_CAUSE_ALERT, else mbedTLS's code or 0.
typedef struct ctls_failure {
  ctls_cause cause;
  int32_t code;
} ctls_failure;

// Words for a failure, without details, into `text` with a NUL behind them; returns their length, cut to what fits.
size_t ctls_failure_describe(ctls_failure failure, char *text, size_t capacity);

// Library

// The version of mbedTLS that is linked, as 0xMMNNPP00.
uint32_t ctls_library_version(void);
// Whether the library can do TLS 1.3.
bool ctls_has_tls13(void);

// Config

enum {
  CTLS_TLS12 = 0x0303,
  CTLS_TLS13 = 0x0304,
  CTLS_HASH_BYTES = 32,
  // Public keys that can be pinned: the one in use and spares.
  CTLS_PINS_MAX = 4,
  // Bytes of an ALPN protocol name (RFC 7301 allows 255).
  CTLS_PROTOCOL_MAX = 31,
  // Bytes of a DNS name in text (RFC 1035, section 2.3.4).
  CTLS_NAME_MAX = 253,
};

// A config for clients or servers. Random numbers are mbedTLS's: 2.28 needs an entropy source of its own, newer ones PSA's
// generator. NULL when it cannot be made; `failure` then says why.
ctls_config *ctls_config_create_client(ctls_failure *failure);
// `chain` (leaf first) and `key` are PEM.
ctls_config *ctls_config_create_server(
    const uint8_t *chain, size_t chain_count, const uint8_t *key, size_t key_count, ctls_failure *failure);
// Takes another share of the config.
void ctls_config_retain(ctls_config *config);
// Gives up the caller's share; the memory goes when the last session and resumption slot have gone too.
void ctls_config_release(ctls_config *config);

// All changes are refused (CTLS_CAUSE_INVALID_ARGUMENT) while a session uses the config.

// Adds trusted certificates: one in DER, or any number in PEM with other text between. What cannot be read is skipped
// and counted. Fails when nothing was added. On a server: clients then have to show a certificate of theirs.
ctls_failure ctls_config_add_authorities(
    ctls_config *config, const uint8_t *bytes, size_t count, size_t *added, size_t *skipped);
// Trusts the CAs of a bundle that is no list of certificates in memory, such as ESP-IDF's: `attach` is called once with
// the mbedtls_ssl_config (esp_crt_bundle_attach) and sets a verification callback there; 0 when it did. That callback
// is asked for each certificate that the list of CAs does not explain, and only whether its issuer is trusted: names,
// dates, keys, pins and the words of failures stay this shim's. Clients only. CAs of `ctls_config_add_authorities` are
// trusted besides.
typedef int (*ctls_attach_bundle)(void *ssl_config);
ctls_failure ctls_config_use_bundle(ctls_config *config, ctls_attach_bundle attach);
// Adds an accepted SHA-256 of the SubjectPublicKeyInfo of the peer's own certificate: with pins, one has to match.
ctls_failure ctls_config_add_pin(ctls_config *config, const uint8_t hash[CTLS_HASH_BYTES]);
// The certificate this side shows: chain (leaf first) and key in PEM.
ctls_failure ctls_config_set_certificate(
    ctls_config *config, const uint8_t *chain, size_t chain_count, const uint8_t *key, size_t key_count);
// CTLS_TLS12 or CTLS_TLS13 each; initially all that the library can do.
ctls_failure ctls_config_set_versions(ctls_config *config, uint16_t minimum, uint16_t maximum);
// The one ALPN protocol, initially `http/1.1`; count 0: none is offered, or looked at.
ctls_failure ctls_config_set_protocol(ctls_config *config, const uint8_t *name, size_t count);

// Resumption

// A place for the newest ticket of one server. A ticket is used only with the config and name it was made with, and
// not after a certificate of that chain has expired.
ctls_resumption *ctls_resumption_create(void);
void ctls_resumption_release(ctls_resumption *resumption);
// Whether there is a ticket.
bool ctls_resumption_is_filled(const ctls_resumption *resumption);
// Drops the ticket.
void ctls_resumption_clear(ctls_resumption *resumption);

// Transport

// Results of `send` and `receive` besides a count of bytes.
enum {
  CTLS_TRANSPORT_WOULD_BLOCK = 0,
  CTLS_TRANSPORT_END = -1,
  CTLS_TRANSPORT_FAILED = -2,
};

// The way to the peer, valid during the call it is given to. Neither function waits.
typedef struct ctls_transport {
  void *context;
  ptrdiff_t (*send)(void *context, const uint8_t *bytes, size_t count);
  ptrdiff_t (*receive)(void *context, uint8_t *bytes, size_t count);
} ctls_transport;

// A transport made of two pieces of memory: what has arrived, and room for what is to be sent.
typedef struct ctls_window {
  const uint8_t *input;
  size_t input_count;
  size_t input_used;
  bool input_ended;
  uint8_t *output;
  size_t output_capacity;
  size_t output_count;
} ctls_window;

// A transport over `window`, which has to stay where it is for that long.
ctls_transport ctls_window_transport(ctls_window *window);

// Session

typedef enum ctls_result {
  CTLS_OK = 0,
  // Nothing more to do before more arrives.
  CTLS_WANT_INPUT,
  // Nothing more to do before `send` takes more.
  CTLS_WANT_OUTPUT,
  // Stopped in order not to go on for ever; call again.
  CTLS_AGAIN,
  // The peer has ended the connection, between two records.
  CTLS_END,
  // `ctls_session_failure` says why; final.
  CTLS_FAILED,
} ctls_result;

// A client's session with the server of this name: a DNS name (also sent, RFC 6066) or an IPv4 or IPv6 address (not
// sent). `resumption` may be NULL.
ctls_session *ctls_session_create_client(
    ctls_config *config, const uint8_t *name, size_t name_count, ctls_resumption *resumption, ctls_failure *failure);
ctls_session *ctls_session_create_server(ctls_config *config, ctls_failure *failure);
// Overwrites the secrets.
void ctls_session_destroy(ctls_session *session);

// The time for the certificates' dates, in seconds since 1970 UTC, instead of mbedTLS's clock.
void ctls_session_set_time(ctls_session *session, int64_t seconds);

// Goes on with the handshake; CTLS_OK when it is complete.
ctls_result ctls_session_handshake(ctls_session *session, const ctls_transport *transport);
// CTLS_OK with at least one byte in `output`, or another result with none.
ctls_result ctls_session_read(
    ctls_session *session, const ctls_transport *transport, uint8_t *output, size_t capacity, size_t *count);
// Encrypts the first `*accepted` bytes as one record. They need not be given again, even if part of the record could
// not be sent yet; that is then pending.
ctls_result ctls_session_write(
    ctls_session *session, const ctls_transport *transport, const uint8_t *bytes, size_t count, size_t *accepted);
// Sends what is pending; CTLS_OK when all has gone.
ctls_result ctls_session_flush(ctls_session *session, const ctls_transport *transport);
// Sends what is pending, then close_notify; CTLS_OK when all has gone.
ctls_result ctls_session_close(ctls_session *session, const ctls_transport *transport);

// Whether an encrypted record is waiting for `send` to take it.
bool ctls_session_has_pending_output(const ctls_session *session);
// Whether decrypted bytes are waiting to be read.
bool ctls_session_has_pending_input(const ctls_session *session);

// The failure that ended the session.
ctls_failure ctls_session_failure(const ctls_session *session);
// The same in words, with details (names, dates), as `ctls_failure_describe`.
size_t ctls_session_describe_failure(const ctls_session *session, char *text, size_t capacity);

// What was agreed; known after the handshake, all zero before.
typedef struct ctls_information {
  // CTLS_TLS12 or CTLS_TLS13.
  uint16_t version;
  // IANA number of the cipher suite, 0 if unknown.
  uint16_t suite;
  // The key exchange was that of an earlier session (by ticket or session identifier).
  bool resumed;
  // The peer has closed with close_notify, not only by ending TCP.
  bool closed_by_notify;
  // `peer_key_hash` is known.
  bool has_peer_key_hash;
  // SHA-256 of the peer's SubjectPublicKeyInfo.
  uint8_t peer_key_hash[CTLS_HASH_BYTES];
  // ALPN protocol, NUL-terminated; empty when the peer chose none.
  char protocol[CTLS_PROTOCOL_MAX + 1];
} ctls_information;

void ctls_session_information(const ctls_session *session, ctls_information *information);
// The cipher suite's name, `TLS-…`; returns its length.
size_t ctls_session_suite_name(const ctls_session *session, char *text, size_t capacity);

#endif
