// The way between mbedTLS's I/O callbacks and the caller's transport.
#if __STDC_HOSTED__
#include <limits.h>

#include "ctls_internal.h"

int ctls_session_send(void *context, const unsigned char *bytes, size_t count) {
  ctls_session *session = context;
  if (session->transport == NULL) return MBEDTLS_ERR_SSL_WANT_WRITE;
  if (count > INT_MAX) count = INT_MAX;
  ptrdiff_t sent = session->transport->send(session->transport->context, bytes, count);
  if (sent == CTLS_TRANSPORT_WOULD_BLOCK) return MBEDTLS_ERR_SSL_WANT_WRITE;
  if (sent < 0 || (size_t)sent > count) {
    session->transport_failed = true;
    return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
  }
  return (int)sent;
}

enum {
  HEADER_BYTES = 5,
  CHANGE_CIPHER_SPEC = 20,
  // One after the first flight, one after a HelloRetryRequest (RFC 8446, appendix D.4).
  SKIPPED_MAX = 2,
};

// The number of bytes received, or mbedTLS's code.
static int pull(ctls_session *session, unsigned char *bytes, size_t count) {
  if (count > INT_MAX) count = INT_MAX;
  ptrdiff_t received = session->transport->receive(session->transport->context, bytes, count);
  if (received == CTLS_TRANSPORT_WOULD_BLOCK) {
    session->is_starved = true;
    return MBEDTLS_ERR_SSL_WANT_READ;
  }
  // Not 0, which mbedTLS 2.28 takes for the end in some places only.
  if (received == CTLS_TRANSPORT_END) {
    session->has_input_ended = true;
    return MBEDTLS_ERR_SSL_CONN_EOF;
  }
  if (received < 0 || (size_t)received > count) {
    session->transport_failed = true;
    return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
  }
  return (int)received;
}

static size_t body_bytes(const uint8_t *header) {
  return (size_t)header[3] << 8 | header[4];
}

// A change_cipher_spec means nothing in TLS 1.3 and is dropped (RFC 8446, section 5): here and not by mbedTLS, which
// would read the record behind it into memory that ESP-IDF made for this one.
static bool may_be_skipped(const ctls_session *session) {
  const uint8_t *header = session->record_start;
  return header[0] == CHANGE_CIPHER_SPEC && body_bytes(header) == 1 && session->state == CTLS_STATE_HANDSHAKE &&
         ctls_compat_version(&session->ssl) == CTLS_TLS13 && session->skipped_count < SKIPPED_MAX;
}

// Collects so many bytes of the start of a record; 0 when they are there, or mbedTLS's code.
static int collect(ctls_session *session, size_t needed) {
  while (session->record_start_count < needed) {
    size_t count = session->record_start_count;
    int received = pull(session, session->record_start + count, needed - count);
    if (received < 0) return received;
    session->record_start_count += (size_t)received;
  }
  return 0;
}

static int collect_start(ctls_session *session) {
  int status = collect(session, HEADER_BYTES);
  while (status == 0 && may_be_skipped(session)) {
    status = collect(session, HEADER_BYTES + 1);
    if (status != 0) return status;
    // Any other value is an error of the peer, and mbedTLS's to tell.
    if (session->record_start[HEADER_BYTES] != 1) return 0;
    session->record_start_count = 0;
    session->skipped_count++;
    status = collect(session, HEADER_BYTES);
  }
  return status;
}

// Gives the start of a record only when all of it is there: ESP-IDF forgets what it has read of a header. Follows the
// records (RFC 8446, section 5.1), also to know whether the stream ends between two of them.
int ctls_session_receive(void *context, unsigned char *bytes, size_t count) {
  ctls_session *session = context;
  if (session->transport == NULL) return MBEDTLS_ERR_SSL_WANT_READ;
  if (session->record_body_left > 0) {
    int received = pull(session, bytes, count < session->record_body_left ? count : session->record_body_left);
    if (received > 0) session->record_body_left -= (size_t)received;
    return received;
  }
  int status = session->record_start_given == 0 ? collect_start(session) : 0;
  if (status != 0) return status;
  size_t body = body_bytes(session->record_start);
  if (!ctls_buffers_have_room(&session->ssl, bytes, HEADER_BYTES - session->record_start_given + body)) {
    return MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL;
  }
  size_t left = session->record_start_count - session->record_start_given;
  if (count > left) count = left;
  memcpy(bytes, session->record_start + session->record_start_given, count);
  session->record_start_given += count;
  if (session->record_start_given == session->record_start_count) {
    session->record_body_left = body - (session->record_start_count - HEADER_BYTES);
    session->record_start_count = 0;
    session->record_start_given = 0;
  }
  return (int)count;
}

static ptrdiff_t window_send(void *context, const uint8_t *bytes, size_t count) {
  ctls_window *window = context;
  size_t room = window->output_capacity - window->output_count;
  if (count > room) count = room;
  if (count == 0) return CTLS_TRANSPORT_WOULD_BLOCK;
  memcpy(window->output + window->output_count, bytes, count);
  window->output_count += count;
  return (ptrdiff_t)count;
}

static ptrdiff_t window_receive(void *context, uint8_t *bytes, size_t count) {
  ctls_window *window = context;
  size_t left = window->input_count - window->input_used;
  if (count > left) count = left;
  if (count == 0) return window->input_ended ? CTLS_TRANSPORT_END : CTLS_TRANSPORT_WOULD_BLOCK;
  memcpy(bytes, window->input + window->input_used, count);
  window->input_used += count;
  return (ptrdiff_t)count;
}

ctls_transport ctls_window_transport(ctls_window *window) {
  return (ctls_transport){.context = window, .send = window_send, .receive = window_receive};
}
#endif
