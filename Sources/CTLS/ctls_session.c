// One connection.
#if __STDC_HOSTED__
#include "ctls_internal.h"

static ctls_session *create(ctls_config *config, ctls_failure *failure) {
  ctls_session *session = mbedtls_calloc(1, sizeof *session);
  if (session == NULL) {
    *failure = ctls_failure_make(CTLS_CAUSE_OUT_OF_MEMORY, 0);
    return NULL;
  }
  session->config = config;
  ctls_config_retain(config);
  config->session_count++;
  mbedtls_ssl_init(&session->ssl);
  int status = mbedtls_ssl_setup(&session->ssl, &config->ssl);
  *failure = ctls_failure_make(CTLS_CAUSE_NONE, 0);
  if (status != 0) {
    *failure = ctls_failure_from_code(status, CTLS_CAUSE_INTERNAL);
    ctls_session_destroy(session);
    return NULL;
  }
  mbedtls_ssl_set_bio(&session->ssl, session, ctls_session_send, ctls_session_receive, NULL);
  mbedtls_ssl_set_verify(&session->ssl, ctls_session_verify, session);
  return session;
}

ctls_session *ctls_session_create_client(
    ctls_config *config, const uint8_t *name, size_t name_count, ctls_resumption *resumption, ctls_failure *failure) {
  if (config->is_server) {
    *failure = ctls_failure_make(CTLS_CAUSE_INVALID_ARGUMENT, 0);
    return NULL;
  }
  ctls_session *session = create(config, failure);
  if (session == NULL) return NULL;
  if (!ctls_name_parse(&session->name, name, name_count)) {
    *failure = ctls_failure_make(CTLS_CAUSE_INVALID_NAME, 0);
    ctls_session_destroy(session);
    return NULL;
  }
  // An address is not sent (RFC 6066, section 3), and compared by ctls_session_verify alone: 2.28 knows no addresses
  // in subjectAltName, and both versions would fall back to the common name.
  const char *sent = session->name.address_count == 0 ? session->name.text : NULL;
  int status = mbedtls_ssl_set_hostname(&session->ssl, sent);
  if (status != 0) {
    *failure = ctls_failure_from_code(status, CTLS_CAUSE_INTERNAL);
    ctls_session_destroy(session);
    return NULL;
  }
  session->resumption = resumption;
  if (resumption != NULL) ctls_resumption_retain(resumption);
  return session;
}

ctls_session *ctls_session_create_server(ctls_config *config, ctls_failure *failure) {
  if (!config->is_server) {
    *failure = ctls_failure_make(CTLS_CAUSE_INVALID_ARGUMENT, 0);
    return NULL;
  }
  return create(config, failure);
}

void ctls_session_destroy(ctls_session *session) {
  if (session == NULL) return;
  mbedtls_ssl_free(&session->ssl);
  ctls_resumption_release(session->resumption);
  session->config->session_count--;
  ctls_config_release(session->config);
  mbedtls_platform_zeroize(session, sizeof *session);
  mbedtls_free(session);
}

void ctls_session_set_time(ctls_session *session, int64_t seconds) {
  session->has_time = true;
  session->time = seconds;
}

static ctls_result fail(ctls_session *session, ctls_cause cause, int code) {
  session->state = CTLS_STATE_FAILED;
  session->failure = ctls_failure_make(cause, code);
  return CTLS_FAILED;
}

static ctls_result end(ctls_session *session, bool by_notify) {
  if (session->state == CTLS_STATE_HANDSHAKE) return fail(session, CTLS_CAUSE_CLOSED_IN_HANDSHAKE, 0);
  if (!by_notify && (session->record_start_count > 0 || session->record_body_left > 0)) {
    return fail(session, CTLS_CAUSE_TRUNCATED, 0);
  }
  session->is_closed_by_notify = by_notify;
  session->state = CTLS_STATE_ENDED;
  return CTLS_END;
}

static ctls_result fail_by_alert(ctls_session *session) {
  int number = ctls_compat_alert(&session->ssl);
  switch (number) {
    case 70:
      return fail(session, CTLS_CAUSE_NO_COMMON_VERSION, number);
    case 120:
      return fail(session, CTLS_CAUSE_NO_COMMON_PROTOCOL, number);
    default:
      return fail(session, CTLS_CAUSE_ALERT, number);
  }
}

// What mbedTLS also says when it had no memory to compute something: 3.6 that the handshake has failed, which is what it
// says without a common suite, 2.28 that the message was wrong.
static bool may_hide_memory(ctls_cause cause) {
  return cause == CTLS_CAUSE_NO_COMMON_SUITE || cause == CTLS_CAUSE_BAD_HANDSHAKE || cause == CTLS_CAUSE_INTERNAL;
}

// What mbedTLS's code other than success means for the caller.
static ctls_result result_of(ctls_session *session, int code) {
  if (session->transport_failed) return fail(session, CTLS_CAUSE_TRANSPORT, 0);
  switch (code) {
    case MBEDTLS_ERR_SSL_WANT_READ:
      // mbedTLS also stops after something that it ignores.
      return session->is_starved ? CTLS_WANT_INPUT : CTLS_AGAIN;
    case MBEDTLS_ERR_SSL_WANT_WRITE:
      return CTLS_WANT_OUTPUT;
    case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
      return end(session, true);
    case MBEDTLS_ERR_SSL_CONN_EOF:
      return end(session, false);
    case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE:
      return fail_by_alert(session);
    default:
      break;
  }
  // Once the handshake is over this is what mbedTLS says of a record that is longer than any may be.
  bool is_record = code == MBEDTLS_ERR_SSL_BAD_INPUT_DATA && session->state == CTLS_STATE_OPEN;
  ctls_failure failure = ctls_failure_from_code(code, is_record ? CTLS_CAUSE_BAD_RECORD : CTLS_CAUSE_BAD_HANDSHAKE);
  bool is_short = session->state == CTLS_STATE_HANDSHAKE && may_hide_memory(failure.cause) && ctls_is_memory_short();
  return fail(session, is_short ? CTLS_CAUSE_OUT_OF_MEMORY : failure.cause, failure.code);
}

static ctls_result result_of_handshake(ctls_session *session, int code) {
  ctls_result result = result_of(session, code);
  if (result != CTLS_FAILED) return result;
  ctls_failure *failure = &session->failure;
  uint32_t flags = mbedtls_ssl_get_verify_result(&session->ssl);
  if (session->verification.cause != CTLS_CAUSE_NONE) {
    *failure = session->verification;
  } else if (failure->cause == CTLS_CAUSE_BAD_CERTIFICATE && flags != 0 && flags != UINT32_MAX) {
    // Checks that mbedTLS makes after the callback: key usage, curve.
    *failure = ctls_verification_from_flags(flags);
  } else if (code == MBEDTLS_ERR_SSL_CA_CHAIN_REQUIRED) {
    ctls_text text = ctls_text_start(session->detail, sizeof session->detail);
    ctls_text_add(&text, "no CA is trusted: none was added to the configuration");
  }
  // The ticket may be why: do without it next time. A connection that was only cut keeps it.
  bool cut = failure->cause == CTLS_CAUSE_TRANSPORT || failure->cause == CTLS_CAUSE_CLOSED_IN_HANDSHAKE;
  if (session->offered_resumption && !cut) ctls_resumption_clear(session->resumption);
  return result;
}

static void begin_call(ctls_session *session, const ctls_transport *transport) {
  session->transport = transport;
  session->is_starved = false;
}

ctls_result ctls_session_handshake(ctls_session *session, const ctls_transport *transport) {
  if (session->state == CTLS_STATE_FAILED) return CTLS_FAILED;
  if (session->state != CTLS_STATE_HANDSHAKE) return CTLS_OK;
  if (!session->has_started) {
    session->has_started = true;
    ctls_resumption_offer(session);
  }
  begin_call(session, transport);
  session->config->ticket_accepted = false;
  int status = mbedtls_ssl_handshake(&session->ssl);
  session->transport = NULL;
  if (session->config->ticket_accepted) session->resumed = true;
  if (status != 0) return result_of_handshake(session, status);
  session->state = CTLS_STATE_OPEN;
  ctls_resumption_after_handshake(session);
  return CTLS_OK;
}

// How many messages that are no data one call of read passes over.
enum { READ_ROUNDS_MAX = 8 };

// 0 of mbedtls_ssl_read is the end of the stream, or an empty record behind another (RFC 8446, section 5.1).
static bool is_empty_record(const ctls_session *session, int status) {
  return status == 0 && !session->has_input_ended && !session->transport_failed;
}

ctls_result ctls_session_read(
    ctls_session *session, const ctls_transport *transport, uint8_t *output, size_t capacity, size_t *count) {
  *count = 0;
  if (session->state == CTLS_STATE_FAILED) return CTLS_FAILED;
  if (session->state == CTLS_STATE_ENDED) return CTLS_END;
  // With no capacity mbedTLS would return 0, which means the end elsewhere.
  if (session->state == CTLS_STATE_HANDSHAKE || capacity == 0) return CTLS_WANT_INPUT;
  begin_call(session, transport);
  int status = 0;
  for (int round = 0; round < READ_ROUNDS_MAX; round++) {
    status = mbedtls_ssl_read(&session->ssl, output, capacity);
    if (CTLS_IS_NEW_TICKET(status)) {
      ctls_resumption_capture(session);
    } else if (!is_empty_record(session, status)) {
      break;
    }
  }
  session->transport = NULL;
  if (status > 0) {
    *count = (size_t)status;
    return CTLS_OK;
  }
  if (CTLS_IS_NEW_TICKET(status) || is_empty_record(session, status)) return CTLS_AGAIN;
  if (status == 0) return session->transport_failed ? result_of(session, -1) : end(session, false);
  return result_of(session, status);
}

bool ctls_session_has_pending_output(const ctls_session *session) {
  return ctls_compat_unsent(&session->ssl) > 0;
}

bool ctls_session_has_pending_input(const ctls_session *session) {
  return session->state == CTLS_STATE_OPEN && mbedtls_ssl_check_pending(&session->ssl) != 0;
}

// mbedTLS 3.6 takes a TLS 1.3 ticket in two steps, and counts as being in a handshake between them. mbedtls_ssl_write
// would then first send what is pending and finish the handshake: it has to be done before, where that is expected.
static int finish_ticket(ctls_session *session) {
  for (int round = 0; round < READ_ROUNDS_MAX && ctls_compat_is_in_handshake(&session->ssl); round++) {
    int status = ctls_buffers_take_ticket(&session->ssl);
    if (CTLS_IS_NEW_TICKET(status)) {
      ctls_resumption_capture(session);
    } else if (status != 0 && (status != MBEDTLS_ERR_SSL_WANT_READ || session->is_starved)) {
      return status;
    }
  }
  return ctls_compat_is_in_handshake(&session->ssl) ? MBEDTLS_ERR_SSL_WANT_READ : 0;
}

// A record that was not sent whole is sent by calling mbedtls_ssl_write again; it does not look at the bytes then,
// and does not encrypt any (that is also why it must not be called with new bytes before).
static ctls_result flush_record(ctls_session *session) {
  static const unsigned char unused[1] = {0};
  int status = finish_ticket(session);
  if (status != 0) return result_of(session, status);
  if (ctls_session_has_pending_output(session)) {
    size_t length = session->pending_plaintext > 0 ? session->pending_plaintext : 1;
    status = mbedtls_ssl_write(&session->ssl, unused, length);
    if (status < 0) return result_of(session, status);
  }
  session->pending_plaintext = 0;
  return CTLS_OK;
}

ctls_result ctls_session_flush(ctls_session *session, const ctls_transport *transport) {
  if (session->state == CTLS_STATE_FAILED) return CTLS_FAILED;
  if (session->state == CTLS_STATE_HANDSHAKE) return CTLS_OK;
  begin_call(session, transport);
  ctls_result result = flush_record(session);
  session->transport = NULL;
  return result;
}

static ctls_result write_record(ctls_session *session, const uint8_t *bytes, size_t count, size_t *accepted) {
  int maximum = mbedtls_ssl_get_max_out_record_payload(&session->ssl);
  if (maximum <= 0) return fail(session, CTLS_CAUSE_INTERNAL, maximum);
  if (count > (size_t)maximum) count = (size_t)maximum;
  int status = mbedtls_ssl_write(&session->ssl, bytes, count);
  if (status == MBEDTLS_ERR_SSL_WANT_WRITE && ctls_session_has_pending_output(session)) {
    session->pending_plaintext = count;
    status = (int)count;
  }
  if (status < 0) return result_of(session, status);
  *accepted = (size_t)status;
  return CTLS_OK;
}

ctls_result ctls_session_write(
    ctls_session *session, const ctls_transport *transport, const uint8_t *bytes, size_t count, size_t *accepted) {
  *accepted = 0;
  if (session->state == CTLS_STATE_FAILED) return CTLS_FAILED;
  if (session->state == CTLS_STATE_HANDSHAKE) return CTLS_WANT_INPUT;
  if (session->is_close_sent) return fail(session, CTLS_CAUSE_CLOSED, 0);
  if (count == 0) return CTLS_OK;
  begin_call(session, transport);
  ctls_result result = flush_record(session);
  if (result == CTLS_OK) result = write_record(session, bytes, count, accepted);
  session->transport = NULL;
  return result;
}

ctls_result ctls_session_close(ctls_session *session, const ctls_transport *transport) {
  if (session->state == CTLS_STATE_FAILED || session->state == CTLS_STATE_HANDSHAKE) return CTLS_OK;
  begin_call(session, transport);
  ctls_result result = flush_record(session);
  if (result == CTLS_OK && !session->is_close_sent) {
    session->is_close_sent = true;
    int status = mbedtls_ssl_close_notify(&session->ssl);
    if (status != 0) result = result_of(session, status);
  }
  session->transport = NULL;
  return result;
}
#endif
