// port_idle.c over this computer's eventfd and select.
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "esp_vfs_eventfd.h"
#include "freertos/task.h"
#include "port.h"

static int descriptor = -1;
static bool is_connecting;
static int time_count;
static int delay_count;

void port_log(board_log_level level, const char *format, ...) { (void)level, (void)format; }
esp_err_t esp_vfs_eventfd_register(const esp_vfs_eventfd_config_t *configuration) {
  return configuration->max_fds >= 1 ? ESP_OK : ESP_ERR_INVALID_ARG;
}
void vTaskDelay(TickType_t ticks) { delay_count += (int)ticks; }
int tcp_descriptor(void) { return descriptor; }
bool tcp_is_connecting(void) { return is_connecting; }
void time_watch(uint64_t now_milliseconds) { time_count += now_milliseconds > 0; }

uint64_t board_monotonic_milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

// How long an idle that may last for `milliseconds` took.
static uint64_t idle_for(uint64_t milliseconds, uint32_t wakes) {
  uint64_t start = board_monotonic_milliseconds();
  board_idle(start + milliseconds, wakes);
  return board_monotonic_milliseconds() - start;
}

// Well below the second that an idle may last at most, and well above what a busy computer needs.
enum { SOON = 500, LONG = 60000 };

int main(void) {
  idle_start();
  uint64_t waited = idle_for(50, 0);
  check(waited >= 49 && waited < SOON, "waits until the deadline");
  check(idle_for(0, 0) < SOON, "not at all when it has passed");
  check(time_count == 2, "looks after the time each time");
  waited = idle_for(LONG, 0);
  check(waited >= 999 && waited < 1000 + SOON, "never longer than a second");
  port_wake();
  check(idle_for(LONG, 0) < SOON, "a wake before it ends it");
  check(idle_for(60, 0) >= 59, "once only");

  int pair[2];
  check(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "two sockets");
  descriptor = pair[0];
  check(write(pair[1], "x", 1) == 1 && idle_for(LONG, BOARD_WAKE_READABLE) < SOON, "bytes to read end it");
  check(idle_for(60, 0) >= 59, "unless nobody wants to read");
  check(idle_for(LONG, BOARD_WAKE_WRITABLE) < SOON, "room to write ends it");
  is_connecting = true;
  check(idle_for(LONG, 0) < SOON, "so does the end of connecting");
  is_connecting = false;
  close(pair[0]);
  check(idle_for(LONG, BOARD_WAKE_READABLE) < SOON && delay_count == 1, "a wait that fails lets other tasks run");
  close(pair[1]);
  return check_finish();
}
