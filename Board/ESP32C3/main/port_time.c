// Clocks: the one since the start, and UTC from SNTP.
#include <sys/time.h>

#include "esp_netif_sntp.h"
#include "esp_timer.h"
#include "port.h"

// After this long with an address and without an answer, people are told.
enum { PATIENCE_MILLISECONDS = 10000 };

// lwIP keeps the pointer.
static char server[PORT_NAME_BYTES];
static bool is_prepared;
// Written by lwIP's task, never back to false.
static volatile bool is_known;
// When the time was asked for first, 0 before.
static volatile uint32_t asked_seconds;
static bool is_told;

uint64_t board_monotonic_milliseconds(void) {
  return (uint64_t)esp_timer_get_time() / 1000;
}

// What the chip kept over a restart may be wrong by any amount: only an answer of this run counts.
bool board_wall_milliseconds(uint64_t *milliseconds) {
  struct timeval now;
  if (!is_known || gettimeofday(&now, NULL) != 0) return false;
  *milliseconds = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_usec / 1000;
  return true;
}

static void on_answer(struct timeval *now) {
  (void)now;
  if (is_known) return;
  is_known = true;
  port_log(BOARD_LOG_INFO, "time: from %s", server);
  port_wake();
}

void time_start(void) {
  if (!values_text("sntp", server, sizeof server)) {
    port_log(
        BOARD_LOG_ERROR, "time: no SNTP server (value sntp): certificates cannot be checked, no server is trusted");
    return;
  }
  esp_sntp_config_t configuration = ESP_NETIF_SNTP_DEFAULT_CONFIG(server);
  configuration.start = false;
  configuration.wait_for_sync = false;
  configuration.sync_cb = on_answer;
  esp_err_t status = esp_netif_sntp_init(&configuration);
  is_prepared = status == ESP_OK;
  if (!is_prepared) port_log(BOARD_LOG_ERROR, "time: no SNTP: %s", esp_err_to_name(status));
}

// A new request at once; lwIP's own next one may be minutes away.
void time_request(void) {
  if (!is_prepared || is_known) return;
  if (asked_seconds == 0) asked_seconds = (uint32_t)(board_monotonic_milliseconds() / 1000) + 1;
  esp_err_t status = esp_netif_sntp_start();
  if (status != ESP_OK) port_log(BOARD_LOG_ERROR, "time: SNTP does not start: %s", esp_err_to_name(status));
}

void time_watch(uint64_t now_milliseconds) {
  if (is_known || is_told || asked_seconds == 0 || board_link_state() != BOARD_LINK_UP) return;
  if (now_milliseconds < (uint64_t)asked_seconds * 1000 + PATIENCE_MILLISECONDS) return;
  is_told = true;
  port_log(
      BOARD_LOG_WARNING, "time: no answer from %s yet; still asking, until then no certificate can be checked", server);
}
