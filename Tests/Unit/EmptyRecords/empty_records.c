#include "empty_records.h"

#include <stdbool.h>
#include <string.h>

// Only mbedTLS itself sends an empty record.
#include "../../../Sources/CTLS/ctls_internal.h"
#include "../../../Sources/CTLS/include/ctls_certificate.h"

enum { BYTES = 16384, PEM_BYTES = 4096, TURNS = 100 };

static const int64_t NOT_BEFORE = 1;
static const int64_t NOW = 1800000000;
static const int64_t NOT_AFTER = 4000000000;
static const uint8_t NAME[] = {'t', 'e', 's', 't'};
static const uint8_t HELLO[] = {'h', 'e', 'l', 'l', 'o'};

typedef struct direction {
  uint8_t bytes[BYTES];
  size_t count;
} direction;

typedef struct side {
  ctls_session *session;
  direction *in;
  direction *out;
} side;

static void begin(side *each, ctls_window *window) {
  *window = (ctls_window){
      .input = each->in->bytes,
      .input_count = each->in->count,
      .output = each->out->bytes + each->out->count,
      .output_capacity = BYTES - each->out->count,
  };
}

static void finish(side *each, const ctls_window *window) {
  each->in->count -= window->input_used;
  memmove(each->in->bytes, each->in->bytes + window->input_used, each->in->count);
  each->out->count += window->output_count;
}

static ctls_result shake(side *each) {
  ctls_window window;
  begin(each, &window);
  ctls_transport transport = ctls_window_transport(&window);
  ctls_result result = ctls_session_handshake(each->session, &transport);
  finish(each, &window);
  return result;
}

static bool write_record(side *each, const uint8_t *bytes, size_t count) {
  ctls_window window;
  begin(each, &window);
  ctls_transport transport = ctls_window_transport(&window);
  each->session->transport = &transport;
  int status = mbedtls_ssl_write(&each->session->ssl, bytes, count);
  each->session->transport = NULL;
  finish(each, &window);
  return status == (int)count;
}

static int read_bytes(side *each) {
  for (int turn = 0; turn < TURNS; turn++) {
    uint8_t bytes[64];
    size_t count = 0;
    ctls_window window;
    begin(each, &window);
    ctls_transport transport = ctls_window_transport(&window);
    ctls_result result = ctls_session_read(each->session, &transport, bytes, sizeof bytes, &count);
    finish(each, &window);
    if (result == CTLS_OK) return (int)count;
    if (result == CTLS_END) return -1;
    if (result == CTLS_WANT_INPUT) return -2;
    if (result != CTLS_AGAIN) return -3;
  }
  return -2;
}

static int talk(side *client, side *server, int count) {
  bool is_open = false;
  for (int turn = 0; turn < TURNS && !is_open; turn++) {
    ctls_result client_result = shake(client);
    is_open = shake(server) == CTLS_OK && client_result == CTLS_OK;
  }
  if (!is_open) return -3;
  for (int sent = 0; sent < count; sent++) {
    if (!write_record(server, NULL, 0)) return -3;
  }
  return write_record(server, HELLO, sizeof HELLO) ? read_bytes(client) : -3;
}

int read_behind_empty_records(uint16_t version, int count) {
  uint8_t pem[4][PEM_BYTES];
  direction to_server, to_client;
  to_server.count = to_client.count = 0;
  ctls_pem_pair authority = {pem[0], PEM_BYTES, 0, pem[1], PEM_BYTES, 0};
  ctls_pem_pair leaf = {pem[2], PEM_BYTES, 0, pem[3], PEM_BYTES, 0};
  ctls_failure failure = ctls_certificate_create_authority(NAME, sizeof NAME, NOT_BEFORE, NOT_AFTER, &authority);
  if (failure.cause != CTLS_CAUSE_NONE) return -3;
  failure = ctls_certificate_create(&authority, NAME, sizeof NAME, NOT_BEFORE, NOT_AFTER, &leaf);
  if (failure.cause != CTLS_CAUSE_NONE) return -3;

  ctls_config *for_server = ctls_config_create_server(
      leaf.certificate, leaf.certificate_count, leaf.key, leaf.key_count, &failure);
  ctls_config *for_client = ctls_config_create_client(&failure);
  side client = {NULL, &to_client, &to_server};
  side server = {NULL, &to_server, &to_client};
  int result = -3;
  if (for_server != NULL && for_client != NULL) {
    size_t added = 0;
    size_t skipped = 0;
    ctls_config_add_authorities(for_client, authority.certificate, authority.certificate_count, &added, &skipped);
    ctls_config_set_versions(for_client, version, version);
    client.session = ctls_session_create_client(for_client, NAME, sizeof NAME, NULL, &failure);
    server.session = ctls_session_create_server(for_server, &failure);
  }
  if (client.session != NULL && server.session != NULL) {
    ctls_session_set_time(client.session, NOW);
    result = talk(&client, &server, count);
  }
  ctls_session_destroy(client.session);
  ctls_session_destroy(server.session);
  ctls_config_release(for_client);
  ctls_config_release(for_server);
  return result;
}
