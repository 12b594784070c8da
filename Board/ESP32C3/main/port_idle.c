// Waiting, for whatever comes first.
#include <errno.h>
#include <sys/select.h>
#include <unistd.h>

#include "esp_vfs_eventfd.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "port.h"

// The longest wait, so that the watchdog sees a firmware that lives.
enum { WAIT_MILLISECONDS_MAX = 1000 };

// An eventfd: what happens in other tasks becomes readable there, beside the socket.
static int wake_descriptor = -1;

void idle_start(void) {
  esp_vfs_eventfd_config_t configuration = {.max_fds = 1};
  ESP_ERROR_CHECK(esp_vfs_eventfd_register(&configuration));
  wake_descriptor = eventfd(0, 0);
  if (wake_descriptor < 0) {
    port_log(BOARD_LOG_ERROR, "idle: no eventfd, code %d; the node reacts to the network within 1 s only", errno);
  }
}

void port_wake(void) {
  if (wake_descriptor < 0) return;
  uint64_t one = 1;
  (void)write(wake_descriptor, &one, sizeof one);
}

static void forget_wakes(void) {
  uint64_t count;
  (void)read(wake_descriptor, &count, sizeof count);
}

static uint32_t wait_until(uint64_t deadline_milliseconds, uint64_t now_milliseconds) {
  if (deadline_milliseconds <= now_milliseconds) return 0;
  uint64_t wait = deadline_milliseconds - now_milliseconds;
  return wait < WAIT_MILLISECONDS_MAX ? (uint32_t)wait : WAIT_MILLISECONDS_MAX;
}

void board_idle(uint64_t deadline_milliseconds, uint32_t wakes) {
  uint64_t now = board_monotonic_milliseconds();
  time_watch(now);
  fd_set readable;
  fd_set writable;
  FD_ZERO(&readable);
  FD_ZERO(&writable);
  int last = wake_descriptor;
  if (wake_descriptor >= 0) FD_SET(wake_descriptor, &readable);
  int socket = tcp_descriptor();
  if (socket >= 0) {
    if (wakes & BOARD_WAKE_READABLE) FD_SET(socket, &readable);
    if ((wakes & BOARD_WAKE_WRITABLE) || tcp_is_connecting()) FD_SET(socket, &writable);
    if (socket > last) last = socket;
  }
  uint32_t wait = wait_until(deadline_milliseconds, now);
  struct timeval timeout = {.tv_sec = wait / 1000, .tv_usec = (wait % 1000) * 1000};
  int count = select(last + 1, &readable, &writable, NULL, &timeout);
  if (count > 0 && wake_descriptor >= 0 && FD_ISSET(wake_descriptor, &readable)) forget_wakes();
  // A wait that fails must not become a loop that keeps all other tasks from running.
  if (count < 0) vTaskDelay(1);
}
