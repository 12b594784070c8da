// The one TCP connection of board.h.
#include <string.h>

#include "board.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/tcp.h"
#include "network_internal.h"
#include "receive_buffer.h"

enum {
  HOST_COUNT_MAX = 253,
  // Of a connection that is being closed: less than of any other.
  CLOSING_PRIORITY = TCP_PRIO_MIN,
};

// The state, a failure being one too: it stays until the connection is closed.
static board_tcp state = BOARD_TCP_CLOSED;
static int32_t code;
static char host[HOST_COUNT_MAX + 1];
static uint16_t port;
// lwIP's side, from CONNECTING until it ends there; NULL when there is none.
static struct tcp_pcb *pcb;
static receive_buffer received;
// The peer has ended its side.
static bool is_ended;
// lwIP had no memory for bytes, although the connection's limits allow more: wait until some has been freed.
static bool is_short_of_memory;

static void set_state(board_tcp new_state, int32_t new_code) {
  state = new_state;
  code = new_code;
  network_note_change();
}

// Lets lwIP's side go: nothing that happens to it will be heard of.
static struct tcp_pcb *detach(void) {
  struct tcp_pcb *detached = pcb;
  pcb = NULL;
  if (detached != NULL) {
    tcp_recv(detached, NULL);
    tcp_sent(detached, NULL);
    tcp_err(detached, NULL);
    tcp_poll(detached, NULL, 0);
  }
  return detached;
}

static void fail(board_tcp failure, int32_t failure_code) {
  struct tcp_pcb *detached = detach();
  if (detached != NULL) tcp_abort(detached);
  lookup_abandon();
  set_state(failure, failure_code);
}

static void fail_by_code(err_t error) {
  switch (error) {
    case ERR_MEM:
    case ERR_BUF:
    case ERR_USE:
      return fail(BOARD_TCP_OUT_OF_RESOURCES, error);
    case ERR_RTE:
    case ERR_IF:
      return fail(BOARD_TCP_UNREACHABLE, error);
    default:
      return fail(BOARD_TCP_FAILED, error);
  }
}

// --- What lwIP calls

static err_t on_connected(void *context, struct tcp_pcb *connected, err_t error) {
  (void)context;
  (void)connected;
  (void)error;
  set_state(BOARD_TCP_CONNECTED, 0);
  return ERR_OK;
}

static err_t on_received(void *context, struct tcp_pcb *connected, struct pbuf *segment, err_t error) {
  (void)context;
  (void)connected;
  (void)error;
  if (segment == NULL) {
    is_ended = true;
    network_note_change();
    return ERR_OK;
  }
  // lwIP cuts what is beyond the window off, so it fits. If it ever did not, lwIP would offer it again later.
  if (!receive_buffer_add(&received, segment)) return ERR_MEM;
  pbuf_free(segment);
  return ERR_OK;
}

static err_t on_sent(void *context, struct tcp_pcb *connected, u16_t count) {
  (void)context;
  (void)connected;
  (void)count;
  is_short_of_memory = false;
  return ERR_OK;
}

// Twice a second.
static err_t on_poll(void *context, struct tcp_pcb *connected) {
  (void)context;
  (void)connected;
  is_short_of_memory = false;
  return ERR_OK;
}

// lwIP has freed its side already.
static void on_error(void *context, err_t error) {
  (void)context;
  bool was_connecting = state == BOARD_TCP_CONNECTING;
  pcb = NULL;
  if (error == ERR_RST) {
    set_state(was_connecting ? BOARD_TCP_REFUSED : BOARD_TCP_RESET, error);
  } else if (error == ERR_ABRT) {
    // The last retransmission was not answered; or, by a frame, the address has changed.
    set_state(timers_are_running() ? BOARD_TCP_TIMED_OUT : BOARD_TCP_RESET, error);
  } else {
    set_state(BOARD_TCP_FAILED, error);
  }
}

// --- Opening

void connection_found(const ip_addr_t *address) {
  pcb = tcp_new();
  if (pcb == NULL) return fail(BOARD_TCP_OUT_OF_RESOURCES, ERR_MEM);
  tcp_nagle_disable(pcb);
  tcp_recv(pcb, on_received);
  tcp_sent(pcb, on_sent);
  tcp_err(pcb, on_error);
  tcp_poll(pcb, on_poll, 1);
  err_t error = tcp_connect(pcb, address, port, on_connected);
  if (error != ERR_OK) return fail_by_code(error);
  set_state(BOARD_TCP_CONNECTING, 0);
}

void connection_not_found(err_t error) {
  fail(BOARD_TCP_NAME_NOT_FOUND, error);
}

static void look_up(void) {
  ip_addr_t address;
  err_t error;
  switch (lookup_start(host, &address, &error)) {
    case LOOKUP_FOUND:
      return connection_found(&address);
    case LOOKUP_FAILED:
      if (error == ERR_MEM) return fail(BOARD_TCP_OUT_OF_RESOURCES, error);
      // lwIP knows no name server.
      return fail(BOARD_TCP_NAME_NOT_FOUND, ERR_RTE);
    case LOOKUP_STARTED:
    case LOOKUP_BUSY:
      return;
  }
}

static bool take_host(const uint8_t *bytes, size_t count) {
  // The root's dot, which lwIP does not know.
  if (count > 1 && bytes[count - 1] == '.') count--;
  if (count == 0 || count > HOST_COUNT_MAX || memchr(bytes, 0, count) != NULL) return false;
  memcpy(host, bytes, count);
  host[count] = 0;
  return true;
}

int32_t board_tcp_open(const uint8_t *new_host, size_t host_count, uint16_t new_port) {
  board_tcp_close();
  if (!take_host(new_host, host_count)) {
    set_state(BOARD_TCP_INVALID_HOST, ERR_ARG);
  } else if (board_link_state() != BOARD_LINK_UP) {
    set_state(BOARD_TCP_UNREACHABLE, ERR_IF);
  } else {
    port = new_port;
    set_state(BOARD_TCP_RESOLVING, 0);
    look_up();
  }
  return state < 0 ? (int32_t)state : 0;
}

void connection_serve(void) {
  if (state == BOARD_TCP_RESOLVING) look_up();
}

void connection_send_again(void) {
  if (pcb != NULL) tcp_output(pcb);
}

void connection_lose_link(void) {
  if (state > BOARD_TCP_CLOSED) fail(BOARD_TCP_UNREACHABLE, ERR_IF);
}

// --- In between

int32_t board_tcp_status(void) {
  return state;
}

int32_t board_tcp_code(void) {
  return code;
}

// What a call answers that needs a connection, when there is none.
static int32_t refusal(void) {
  return state < 0 ? (int32_t)state : (int32_t)BOARD_TCP_NOT_CONNECTED;
}

// What arrived before a failure can still be read.
int32_t board_tcp_read(uint8_t *bytes, size_t capacity) {
  if (received.count > 0) {
    size_t count = receive_buffer_take(&received, bytes, capacity);
    if (pcb != NULL) tcp_recved(pcb, (u16_t)count);
    return (int32_t)count;
  }
  if (state != BOARD_TCP_CONNECTED) return refusal();
  return is_ended ? (int32_t)BOARD_TCP_END : 0;
}

static size_t room(void) {
  if (state != BOARD_TCP_CONNECTED || is_short_of_memory) return 0;
  // A segment takes a buffer for its header and one for its bytes.
  return tcp_sndqueuelen(pcb) + 2 <= TCP_SND_QUEUELEN ? tcp_sndbuf(pcb) : 0;
}

int32_t board_tcp_write(const uint8_t *bytes, size_t count) {
  if (state != BOARD_TCP_CONNECTED) return refusal();
  size_t accepted = count < room() ? count : room();
  if (accepted == 0) return 0;
  err_t error = tcp_write(pcb, bytes, (u16_t)accepted, TCP_WRITE_FLAG_COPY);
  if (error == ERR_MEM) {
    is_short_of_memory = true;
    return 0;
  }
  if (error != ERR_OK) {
    fail_by_code(error);
    return refusal();
  }
  tcp_output(pcb);
  return (int32_t)accepted;
}

bool connection_is_ready(uint32_t wakes) {
  bool has_failed = state < 0;
  if ((wakes & BOARD_WAKE_READABLE) != 0 && (received.count > 0 || is_ended || has_failed)) return true;
  return (wakes & BOARD_WAKE_WRITABLE) != 0 && (room() > 0 || has_failed);
}

// --- Closing

// At most one connection waits for its last bytes to be acknowledged: an older one loses them.
static void abort_older_closing(const struct tcp_pcb *newest) {
  struct tcp_pcb *next;
  for (struct tcp_pcb *each = tcp_active_pcbs; each != NULL; each = next) {
    next = each->next;
    if (each != newest && each->prio == CLOSING_PRIORITY) tcp_abort(each);
  }
}

static void close_gently(struct tcp_pcb *closing) {
  tcp_setprio(closing, CLOSING_PRIORITY);
  abort_older_closing(closing);
  // With bytes unread, lwIP would send RST in place of FIN, and the peer might lose what it was sent before.
  tcp_recved(closing, (u16_t)received.count);
  if (tcp_close(closing) != ERR_OK) tcp_abort(closing);
}

void board_tcp_close(void) {
  struct tcp_pcb *detached = detach();
  if (detached != NULL) close_gently(detached);
  lookup_abandon();
  receive_buffer_clear(&received);
  is_ended = false;
  is_short_of_memory = false;
  if (state != BOARD_TCP_CLOSED) set_state(BOARD_TCP_CLOSED, 0);
}
