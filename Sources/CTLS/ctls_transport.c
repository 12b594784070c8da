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

// Follows the record layer (RFC 8446, section 5.1), only to know whether the stream ends between two records.
static void follow_records(ctls_session *session, const unsigned char *bytes, size_t count) {
  while (count > 0) {
    if (session->record_body_left > 0) {
      size_t part = count < session->record_body_left ? count : session->record_body_left;
      session->record_body_left -= part;
      bytes += part;
      count -= part;
      continue;
    }
    session->record_header[session->record_header_count++] = *bytes++;
    count--;
    if (session->record_header_count == sizeof session->record_header) {
      session->record_header_count = 0;
      session->record_body_left = (size_t)session->record_header[3] << 8 | session->record_header[4];
    }
  }
}

int ctls_session_receive(void *context, unsigned char *bytes, size_t count) {
  ctls_session *session = context;
  if (session->transport == NULL) return MBEDTLS_ERR_SSL_WANT_READ;
  if (count > INT_MAX) count = INT_MAX;
  ptrdiff_t received = session->transport->receive(session->transport->context, bytes, count);
  if (received == CTLS_TRANSPORT_WOULD_BLOCK) {
    session->is_starved = true;
    return MBEDTLS_ERR_SSL_WANT_READ;
  }
  // Not 0, which mbedTLS 2.28 takes for the end in some places only.
  if (received == CTLS_TRANSPORT_END) return MBEDTLS_ERR_SSL_CONN_EOF;
  if (received < 0 || (size_t)received > count) {
    session->transport_failed = true;
    return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
  }
  follow_records(session, bytes, (size_t)received);
  return (int)received;
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
