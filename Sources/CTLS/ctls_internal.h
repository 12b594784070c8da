// What the files of this folder share.
#ifndef CTLS_INTERNAL_H
#define CTLS_INTERNAL_H

#include "include/ctls.h"

#include "ctls_buffers.h"
#include "ctls_compat.h"

// Text: grows in a caller's buffer, cut to what fits, always NUL-terminated.
typedef struct ctls_text {
  char *bytes;
  size_t capacity;
  size_t count;
} ctls_text;

ctls_text ctls_text_start(char *bytes, size_t capacity);
void ctls_text_add(ctls_text *text, const char *words);
// Bytes from outside: what is not printable ASCII, or a quotation mark, becomes '?'.
void ctls_text_add_foreign(ctls_text *text, const uint8_t *bytes, size_t count);
void ctls_text_add_number(ctls_text *text, uint32_t number, size_t minimum_digits);
void ctls_text_add_hex(ctls_text *text, uint32_t number, size_t digits);

// Time.

// 9999-12-31 23:59:59 UTC.
#define CTLS_SECONDS_MAX INT64_C(253402300799)

// Seconds since 1970 of a date, UTC.
int64_t ctls_seconds_of(const mbedtls_x509_time *time);
// The other way; false before 1970 and after 9999.
bool ctls_time_of(int64_t seconds, mbedtls_x509_time *time);

// Names: what a client wants to reach.
typedef struct ctls_name {
  // In lower case, without a dot at the end; an address as it was given.
  char text[CTLS_NAME_MAX + 1];
  // 4 or 16 bytes for an address, 0 for a DNS name.
  uint8_t address[16];
  size_t address_count;
} ctls_name;

// False when `bytes` is neither a DNS name nor an address.
bool ctls_name_parse(ctls_name *name, const uint8_t *bytes, size_t count);
// The number of bytes of the address in `text` (4 or 16), or 0 when it is none.
size_t ctls_address_parse(const char *text, size_t count, uint8_t address[16]);
// Whether a subjectAltName of the certificate is this name (RFC 9525); the common name does not count.
bool ctls_name_matches(const ctls_name *name, const mbedtls_x509_crt *certificate);
// The names the certificate is for: `"a", "b" and 3 more`.
void ctls_text_add_names(ctls_text *text, const mbedtls_x509_crt *certificate);

// Failures.
enum { CTLS_DETAIL_BYTES = 240 };

ctls_failure ctls_failure_make(ctls_cause cause, int code);
// The cause behind mbedTLS's code; `fallback` where the code does not tell.
ctls_failure ctls_failure_from_code(int code, ctls_cause fallback);

// Config.
struct ctls_config {
  mbedtls_ssl_config ssl;
  mbedtls_x509_crt authorities;
  mbedtls_x509_crt chain;
  mbedtls_pk_context key;
#if CTLS_OWN_RANDOM
  mbedtls_entropy_context entropy;
  mbedtls_ctr_drbg_context generator;
#endif
#if CTLS_HAS_SERVER_TICKETS
  mbedtls_ssl_ticket_context tickets;
#endif
  char protocol[CTLS_PROTOCOL_MAX + 1];
  const char *protocols[2];
  uint8_t pins[CTLS_PINS_MAX][CTLS_HASH_BYTES];
  size_t pin_count;
  bool is_server;
  bool has_authority;
  // The creator, sessions and resumption slots.
  uint32_t references;
  uint32_t session_count;
  // Changes with every setting, so that a ticket made with other settings is recognised.
  uint32_t revision;
  // Set by the ticket callback of a server during a handshake call.
  bool ticket_accepted;
};

// The random callback for mbedTLS; `context` is the ctls_config.
int ctls_config_random(void *context, unsigned char *output, size_t count);
// A copy with a NUL behind it, to be freed with ctls_secret_free; NULL when there is no memory.
unsigned char *ctls_secret_copy(const uint8_t *bytes, size_t count);
void ctls_secret_free(unsigned char *bytes, size_t count);

// Resumption.
struct ctls_resumption {
  mbedtls_ssl_session session;
  bool is_filled;
  ctls_config *config;
  uint32_t revision;
  char name[CTLS_NAME_MAX + 1];
  // When the first certificate of the chain expires, in seconds since 1970.
  int64_t expiry;
  uint8_t peer_key_hash[CTLS_HASH_BYTES];
  uint32_t references;
};

// Session.
typedef enum ctls_state {
  CTLS_STATE_HANDSHAKE,
  CTLS_STATE_OPEN,
  CTLS_STATE_ENDED,
  CTLS_STATE_FAILED,
} ctls_state;

struct ctls_session {
  mbedtls_ssl_context ssl;
  ctls_config *config;
  ctls_resumption *resumption;
  // Only during a call.
  const ctls_transport *transport;
  // `receive` had nothing more during this call.
  bool is_starved;
  // The transport's functions said that nothing more comes.
  bool has_input_ended;
  // The transport's functions said it failed.
  bool transport_failed;
  // The record that is being received: its start (the header; of a change_cipher_spec the body as well), as far as it
  // has come and as far as mbedTLS has got it, and how many bytes of it are still to come.
  uint8_t record_start[6];
  size_t record_start_count;
  size_t record_start_given;
  size_t record_body_left;
  // change_cipher_spec records of TLS 1.3 that were passed over.
  size_t skipped_count;
  // Plaintext length of the record that mbedTLS has built and not sent whole.
  size_t pending_plaintext;
  ctls_state state;
  bool has_started;
  bool is_close_sent;
  bool is_closed_by_notify;
  ctls_name name;
  bool has_time;
  int64_t time;
  // From the verification.
  bool was_verified;
  bool has_peer_key_hash;
  uint8_t peer_key_hash[CTLS_HASH_BYTES];
  int64_t expiry;
  bool offered_resumption;
  bool resumed;
  ctls_failure verification;
  ctls_failure failure;
  char detail[CTLS_DETAIL_BYTES];
};

// Callbacks for mbedTLS; `context` is the ctls_session.
int ctls_session_send(void *context, const unsigned char *bytes, size_t count);
int ctls_session_receive(void *context, unsigned char *bytes, size_t count);
int ctls_session_verify(void *context, mbedtls_x509_crt *certificate, int depth, uint32_t *flags);

// Turns verification flags that no callback saw into a failure.
ctls_failure ctls_verification_from_flags(uint32_t flags);
// Whether there is less memory left than one step of a handshake may need.
bool ctls_is_memory_short(void);
// Seconds since 1970 now, for this session; false when no clock tells.
bool ctls_session_now(const ctls_session *session, int64_t *seconds);

// Offers the ticket in the session's slot, if it fits.
void ctls_resumption_offer(ctls_session *session);
// After a complete handshake.
void ctls_resumption_after_handshake(ctls_session *session);
// A TLS 1.3 ticket has come.
void ctls_resumption_capture(ctls_session *session);
void ctls_resumption_retain(ctls_resumption *resumption);

#endif
