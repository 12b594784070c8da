// port_tcp.c over this computer's sockets; the resolver is the test's, in the same thread.
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "freertos/FreeRTOS.h"
#include "lwip/dns.h"
#include "port.h"

enum { LOOKUPS_MAX = 8, TURNS_MAX = 1000, POLL_MILLISECONDS = 10 };

typedef void found_function(const char *name, const ip_addr_t *address, void *context);

// What lwIP's task would do, when the test says so.
static struct {
  void (*function)(void *context);
  void *context;
} posted[LOOKUPS_MAX];
static size_t posted_count;
static err_t post_result;

static found_function *asked_function;
static void *asked_context;
static char asked_name[256];
static err_t resolver_result = ERR_INPROGRESS;
static board_link link_now = BOARD_LINK_UP;
static int wake_count;
static int lock_depth;

void critical_section_enter(portMUX_TYPE *lock) {
  (void)lock;
  lock_depth++;
}
void critical_section_leave(portMUX_TYPE *lock) {
  (void)lock;
  lock_depth--;
}
void port_wake(void) { wake_count++; }
board_link board_link_state(void) { return link_now; }

err_t tcpip_try_callback(void (*function)(void *context), void *context) {
  if (post_result != ERR_OK) return post_result;
  posted[posted_count].function = function;
  posted[posted_count].context = context;
  posted_count++;
  return ERR_OK;
}

static const ip_addr_t loopback = {.u_addr.ip4.addr = 0x0100007F, .type = 0};

err_t dns_gethostbyname_addrtype(
    const char *name, ip_addr_t *address, found_function *found, void *context, uint8_t type) {
  asked_function = found;
  asked_context = context;
  strcpy(asked_name, name);
  *address = loopback;
  return type == LWIP_DNS_ADDRTYPE_IPV4 ? resolver_result : ERR_MEM;
}

// Lets lwIP's task do what it was asked for.
static void run_posted(void) {
  for (size_t index = 0; index < posted_count; index++) posted[index].function(posted[index].context);
  posted_count = 0;
}

static int32_t open_name(const char *name, uint16_t port) {
  return board_tcp_open((const uint8_t *)name, strlen(name), port);
}

static int listen_on_loopback(uint16_t *port) {
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  if (bind(listener, (struct sockaddr *)&address, size) < 0 || listen(listener, 4) < 0) return -1;
  getsockname(listener, (struct sockaddr *)&address, &size);
  *port = ntohs(address.sin_port);
  return listener;
}

// The status after CONNECTING; bounded.
static int32_t settled_status(void) {
  int32_t status = board_tcp_status();
  for (int turn = 0; turn < TURNS_MAX && status == BOARD_TCP_CONNECTING; turn++) {
    struct pollfd one = {.fd = tcp_descriptor(), .events = POLLOUT};
    poll(&one, 1, POLL_MILLISECONDS);
    status = board_tcp_status();
  }
  return status;
}

static int32_t settled_read(uint8_t *bytes, size_t capacity) {
  int32_t count = board_tcp_read(bytes, capacity);
  for (int turn = 0; turn < TURNS_MAX && count == 0; turn++) {
    struct pollfd one = {.fd = tcp_descriptor(), .events = POLLIN};
    poll(&one, 1, POLL_MILLISECONDS);
    count = board_tcp_read(bytes, capacity);
  }
  return count;
}

static void test_names(void) {
  uint8_t name[254];
  memset(name, 'a', sizeof name);
  check(board_tcp_open(name, 0, 1) == BOARD_TCP_INVALID_HOST, "an empty name is refused");
  check(board_tcp_open(name, 254, 1) == BOARD_TCP_INVALID_HOST, "so is one of 254 bytes");
  check(board_tcp_status() == BOARD_TCP_INVALID_HOST, "and the failure stays");
  check(board_tcp_open(name, 253, 1) == 0 && board_tcp_status() == BOARD_TCP_RESOLVING, "253 bytes are looked up");
  run_posted();
  check(strlen(asked_name) == 253, "as they are");
  found_function *whole_function = asked_function;
  void *whole_context = asked_context;
  name[253] = '.';
  check(board_tcp_open(name, 254, 1) == 0, "the root's dot does not count");
  run_posted();
  check(strlen(asked_name) == 253, "and is not asked for");
  check(open_name(".", 1) == 0, "a dot alone stays what it is");
  link_now = BOARD_LINK_ACQUIRING_ADDRESS;
  check(open_name("a.test", 1) == BOARD_TCP_UNREACHABLE, "without a link nothing can be reached");
  check(board_tcp_status() == BOARD_TCP_UNREACHABLE && posted_count == 1, "and nothing is looked up");
  link_now = BOARD_LINK_UP;
  posted_count = 0;
  whole_function("", NULL, whole_context);
  check(wake_count == 0, "answers of before are for nobody");
  memset(name, 'a', sizeof name);
  board_tcp_open(name, 253, 1);
  run_posted();
  asked_function("", NULL, asked_context);
  check(board_tcp_status() == BOARD_TCP_NAME_NOT_FOUND && wake_count == 1, "no address: not found, and the wait ends");
  check(board_tcp_read(name, 1) == BOARD_TCP_NAME_NOT_FOUND, "reading returns the failure");
  board_tcp_close();
  check(board_tcp_status() == BOARD_TCP_CLOSED, "until it is closed");
  check(board_tcp_read(name, 1) == BOARD_TCP_NOT_CONNECTED, "then there is no connection");
  check(board_tcp_write(name, 1) == BOARD_TCP_NOT_CONNECTED, "for writing neither");
  post_result = ERR_MEM;
  check(open_name("a.test", 1) == BOARD_TCP_OUT_OF_RESOURCES, "lwIP without room is told at once");
  post_result = ERR_OK;
}

static void test_late_answers(void) {
  resolver_result = ERR_INPROGRESS;
  open_name("first.test", 1);
  run_posted();
  found_function *late_function = asked_function;
  void *late_context = asked_context;
  open_name("second.test", 1);
  late_function("first.test", &loopback, late_context);
  check(board_tcp_status() == BOARD_TCP_RESOLVING, "an answer to the question before is for nobody");
  open_name("third.test", 1);
  asked_name[0] = 0;
  run_posted();
  check(strcmp(asked_name, "third.test") == 0, "questions that were overtaken are not asked");
  board_tcp_close();
  asked_function("third.test", &loopback, asked_context);
  check(board_tcp_status() == BOARD_TCP_CLOSED, "an answer after the close neither");
}

static void test_connection(void) {
  uint16_t port;
  int listener = listen_on_loopback(&port);
  resolver_result = ERR_OK;
  open_name("127.0.0.1", port);
  run_posted();
  check(settled_status() == BOARD_TCP_CONNECTED, "connects to a listener, with an address that was known at once");
  int peer = accept(listener, NULL, NULL);
  uint8_t bytes[64];
  check(board_tcp_read(bytes, sizeof bytes) == 0, "reads nothing when there is nothing, without waiting");
  check(write(peer, "hello", 5) == 5 && settled_read(bytes, 3) == 3 && memcmp(bytes, "hel", 3) == 0, "reads a part");
  check(settled_read(bytes, sizeof bytes) == 2, "and the rest");
  check(board_tcp_write((const uint8_t *)"world", 5) == 5 && read(peer, bytes, sizeof bytes) == 5, "writes");
  static uint8_t much[1 << 16];
  int32_t written = 1;
  long total = 0;
  for (int turn = 0; turn < TURNS_MAX && written > 0; turn++) {
    written = board_tcp_write(much, sizeof much);
    total += written > 0 ? written : 0;
  }
  check(written == 0 && total > 0, "takes what fits of much, then nothing, without waiting");
  shutdown(peer, SHUT_WR);
  check(settled_read(bytes, sizeof bytes) == BOARD_TCP_END, "the end of the peer's side is told");
  check(board_tcp_read(bytes, sizeof bytes) == BOARD_TCP_END, "again and again");
  check(board_tcp_status() == BOARD_TCP_CONNECTED, "and is not the end of the connection");
  board_tcp_close();
  check(tcp_descriptor() == -1, "closing frees the socket");
  close(peer);

  open_name("127.0.0.1", port);
  run_posted();
  settled_status();
  peer = accept(listener, NULL, NULL);
  struct linger at_once = {.l_onoff = 1, .l_linger = 0};
  setsockopt(peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(peer);
  check(settled_read(bytes, sizeof bytes) == BOARD_TCP_RESET && board_tcp_code() == ECONNRESET, "a reset is told");
  check(board_tcp_status() == BOARD_TCP_RESET && tcp_descriptor() == -1, "stays, and its socket is free");
  close(listener);
  open_name("127.0.0.1", port);
  run_posted();
  check(settled_status() == BOARD_TCP_REFUSED, "where nothing listens, the connection is refused");
  check(open_name("127.0.0.1", port) == 0 && board_tcp_code() == 0, "a new one begins without the old failure");
  board_tcp_close();
}

int main(void) {
  test_names();
  test_late_answers();
  test_connection();
  check(lock_depth == 0, "every critical section was left");
  return check_finish();
}
