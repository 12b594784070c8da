// The one TCP connection: lwIP's resolver, which answers in its own task, then a non-blocking socket.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/select.h>
#include <unistd.h>

#include "freertos/FreeRTOS.h"
#include "lwip/dns.h"
#include "lwip/sockets.h"
#include "lwip/tcpip.h"
#include "port.h"

static struct {
  board_tcp state;
  // The code behind a failure.
  int32_t code;
  int descriptor;
  uint16_t port;
  // The peer has ended its side, and all it sent has been read.
  bool is_ended;
} connection = {.state = BOARD_TCP_CLOSED, .descriptor = -1};

// Shared with lwIP's task, under `lookup_lock`. An answer to an earlier number is for nobody.
static portMUX_TYPE lookup_lock = portMUX_INITIALIZER_UNLOCKED;
static struct {
  uint32_t number;
  char name[PORT_NAME_BYTES];
  bool is_done;
  err_t status;
  // In network byte order, 0 for none.
  uint32_t address;
} lookup;

static void finish_lookup(uint32_t number, err_t status, uint32_t address) {
  portENTER_CRITICAL(&lookup_lock);
  bool is_awaited = number == lookup.number && !lookup.is_done;
  if (is_awaited) {
    lookup.is_done = true;
    lookup.status = status;
    lookup.address = address;
  }
  portEXIT_CRITICAL(&lookup_lock);
  if (is_awaited) port_wake();
}

static void on_found(const char *name, const ip_addr_t *address, void *context) {
  (void)name;
  uint32_t found = address != NULL && IP_IS_V4(address) ? ip_2_ip4(address)->addr : 0;
  finish_lookup((uint32_t)(uintptr_t)context, ERR_OK, found);
}

// In lwIP's task.
static void start_lookup(void *context) {
  uint32_t number = (uint32_t)(uintptr_t)context;
  char name[PORT_NAME_BYTES];
  portENTER_CRITICAL(&lookup_lock);
  bool is_awaited = number == lookup.number;
  memcpy(name, lookup.name, sizeof name);
  portEXIT_CRITICAL(&lookup_lock);
  if (!is_awaited) return;
  ip_addr_t address;
  err_t status = dns_gethostbyname_addrtype(name, &address, on_found, context, LWIP_DNS_ADDRTYPE_IPV4);
  if (status == ERR_INPROGRESS) return;
  finish_lookup(number, status, status == ERR_OK && IP_IS_V4(&address) ? ip_2_ip4(&address)->addr : 0);
}

static int32_t fail(board_tcp failure, int32_t code) {
  if (connection.descriptor >= 0) close(connection.descriptor);
  connection.descriptor = -1;
  connection.state = failure;
  connection.code = code;
  return failure;
}

// lwIP tells a refusal (RST to the SYN) and a peer that never answered by what it does to its side of the connection.
static board_tcp failure_of(int code, bool is_connecting) {
  switch (code) {
    case ECONNREFUSED:
      return BOARD_TCP_REFUSED;
    case ECONNRESET:
      return is_connecting ? BOARD_TCP_REFUSED : BOARD_TCP_RESET;
    case ECONNABORTED:
      return board_link_state() == BOARD_LINK_UP ? BOARD_TCP_TIMED_OUT : BOARD_TCP_UNREACHABLE;
    case ETIMEDOUT:
      return BOARD_TCP_TIMED_OUT;
    case EHOSTUNREACH:
    case ENETUNREACH:
      return BOARD_TCP_UNREACHABLE;
    case ENOTCONN:
      return BOARD_TCP_RESET;
    case ENOMEM:
    case ENOBUFS:
    case ENFILE:
    case EMFILE:
    case EADDRINUSE:
      return BOARD_TCP_OUT_OF_RESOURCES;
    default:
      return BOARD_TCP_FAILED;
  }
}

int32_t board_tcp_open(const uint8_t *host, size_t host_count, uint16_t port) {
  board_tcp_close();
  connection.code = 0;
  // The root's dot, which lwIP does not know.
  if (host_count > 1 && host[host_count - 1] == '.') host_count--;
  if (host_count == 0 || host_count >= PORT_NAME_BYTES || memchr(host, 0, host_count) != NULL) {
    return fail(BOARD_TCP_INVALID_HOST, 0);
  }
  if (board_link_state() != BOARD_LINK_UP) return fail(BOARD_TCP_UNREACHABLE, ERR_IF);
  portENTER_CRITICAL(&lookup_lock);
  uint32_t number = ++lookup.number;
  memcpy(lookup.name, host, host_count);
  lookup.name[host_count] = 0;
  lookup.is_done = false;
  portEXIT_CRITICAL(&lookup_lock);
  connection.port = port;
  connection.state = BOARD_TCP_RESOLVING;
  err_t status = tcpip_try_callback(start_lookup, (void *)(uintptr_t)number);
  return status == ERR_OK ? 0 : fail(BOARD_TCP_OUT_OF_RESOURCES, status);
}

static int32_t start_connecting(uint32_t address) {
  connection.descriptor = socket(AF_INET, SOCK_STREAM, 0);
  if (connection.descriptor < 0) return fail(BOARD_TCP_OUT_OF_RESOURCES, errno);
  int flags = fcntl(connection.descriptor, F_GETFL, 0);
  if (flags < 0 || fcntl(connection.descriptor, F_SETFL, flags | O_NONBLOCK) < 0) return fail(BOARD_TCP_FAILED, errno);
  // A reading goes out as one record at once; there is nothing to gather.
  int on = 1;
  setsockopt(connection.descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  struct sockaddr_in peer = {
      .sin_family = AF_INET,
      .sin_port = htons(connection.port),
      .sin_addr.s_addr = address,
  };
  if (connect(connection.descriptor, (struct sockaddr *)&peer, sizeof peer) == 0) {
    connection.state = BOARD_TCP_CONNECTED;
  } else if (errno == EINPROGRESS) {
    connection.state = BOARD_TCP_CONNECTING;
  } else {
    return fail(failure_of(errno, true), errno);
  }
  return connection.state;
}

static int32_t look_at_lookup(void) {
  portENTER_CRITICAL(&lookup_lock);
  bool is_done = lookup.is_done;
  err_t status = lookup.status;
  uint32_t address = lookup.address;
  portEXIT_CRITICAL(&lookup_lock);
  if (!is_done) return BOARD_TCP_RESOLVING;
  if (status == ERR_MEM) return fail(BOARD_TCP_OUT_OF_RESOURCES, status);
  if (status != ERR_OK || address == 0) return fail(BOARD_TCP_NAME_NOT_FOUND, status);
  return start_connecting(address);
}

static int32_t look_at_connecting(void) {
  fd_set writable;
  FD_ZERO(&writable);
  FD_SET(connection.descriptor, &writable);
  struct timeval now = {0};
  if (select(connection.descriptor + 1, NULL, &writable, NULL, &now) <= 0) return BOARD_TCP_CONNECTING;
  int code = 0;
  socklen_t size = sizeof code;
  if (getsockopt(connection.descriptor, SOL_SOCKET, SO_ERROR, &code, &size) < 0) code = errno;
  if (code != 0) return fail(failure_of(code, true), code);
  connection.state = BOARD_TCP_CONNECTED;
  return connection.state;
}

int32_t board_tcp_status(void) {
  if (connection.state == BOARD_TCP_RESOLVING) return look_at_lookup();
  if (connection.state == BOARD_TCP_CONNECTING) return look_at_connecting();
  return connection.state;
}

int32_t board_tcp_code(void) {
  return connection.code;
}

// What a call on a connection that is not open returns: the failure that ended it, if there was one.
static int32_t not_connected(void) {
  return connection.state < 0 ? connection.state : BOARD_TCP_NOT_CONNECTED;
}

int32_t board_tcp_read(uint8_t *bytes, size_t capacity) {
  if (connection.state != BOARD_TCP_CONNECTED) return not_connected();
  if (connection.is_ended) return BOARD_TCP_END;
  ssize_t count = recv(connection.descriptor, bytes, capacity, 0);
  if (count > 0) return (int32_t)count;
  if (count == 0) {
    connection.is_ended = true;
    return BOARD_TCP_END;
  }
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return 0;
  return fail(failure_of(errno, false), errno);
}

int32_t board_tcp_write(const uint8_t *bytes, size_t count) {
  if (connection.state != BOARD_TCP_CONNECTED) return not_connected();
  if (count == 0) return 0;
  ssize_t written = send(connection.descriptor, bytes, count, 0);
  if (written >= 0) return (int32_t)written;
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return 0;
  return fail(failure_of(errno, false), errno);
}

void board_tcp_close(void) {
  if (connection.descriptor >= 0) close(connection.descriptor);
  connection.descriptor = -1;
  connection.state = BOARD_TCP_CLOSED;
  connection.is_ended = false;
  // An answer that is still to come is for nobody.
  portENTER_CRITICAL(&lookup_lock);
  lookup.number++;
  portEXIT_CRITICAL(&lookup_lock);
}

int tcp_descriptor(void) {
  return connection.descriptor;
}

bool tcp_is_connecting(void) {
  return connection.state == BOARD_TCP_CONNECTING;
}
