// Wi-Fi station: WPA2 or WPA3, and back again when it is lost.
#include <inttypes.h>
#include <string.h>

#include "esp_event.h"
#include "esp_netif.h"
#include "esp_random.h"
#include "esp_timer.h"
#include "esp_wifi.h"
#include "mbedtls/platform_util.h"
#include "port.h"

enum {
  RETRY_MILLISECONDS_MIN = 1000,
  RETRY_MILLISECONDS_MAX = 60000,
  PASSWORD_BYTES_MIN = 8,
};

static wifi_config_t station = {
    .sta =
        {
            .scan_method = WIFI_ALL_CHANNEL_SCAN,
            .sort_method = WIFI_CONNECT_AP_BY_SIGNAL,
            .threshold.authmode = WIFI_AUTH_WPA2_PSK,
            .pmf_cfg.capable = true,
            .sae_pwe_h2e = WPA3_SAE_PWE_BOTH,
        },
};
// With a name and a password there is something to connect to.
static bool has_network;
// With an access point, as Wi-Fi's own events say, which come in order. An address comes from another task: the event of
// one can wait behind that of the loss of the access point.
static volatile bool is_associated;
static esp_timer_handle_t retry_timer;
static uint32_t retry_milliseconds = RETRY_MILLISECONDS_MIN;
// The reason that was told last; 0 for none since the last success.
static uint8_t told_reason;

// Why the access point, or the search for it, ended; the numbers of IEEE 802.11 and ESP-IDF's own from 200.
static const char *words_of(uint8_t reason) {
  switch (reason) {
    case WIFI_REASON_NO_AP_FOUND:
    case WIFI_REASON_NO_AP_FOUND_IN_RSSI_THRESHOLD:
      return "no access point of this name is in reach";
    case WIFI_REASON_NO_AP_FOUND_W_COMPATIBLE_SECURITY:
    case WIFI_REASON_NO_AP_FOUND_IN_AUTHMODE_THRESHOLD:
      return "the access point offers neither WPA2 nor WPA3";
    case WIFI_REASON_MIC_FAILURE:
    case WIFI_REASON_4WAY_HANDSHAKE_TIMEOUT:
    case WIFI_REASON_HANDSHAKE_TIMEOUT:
    case WIFI_REASON_AUTH_FAIL:
    case WIFI_REASON_AUTH_EXPIRE:
      return "the access point refused the password, or is far away";
    case WIFI_REASON_ASSOC_TOOMANY:
      return "the access point takes no more stations";
    case WIFI_REASON_ASSOC_FAIL:
    case WIFI_REASON_CONNECTION_FAIL:
      return "the access point did not take the board";
    case WIFI_REASON_BEACON_TIMEOUT:
      return "the access point is no longer heard";
    case WIFI_REASON_AUTH_LEAVE:
    case WIFI_REASON_ASSOC_LEAVE:
    case WIFI_REASON_AP_INITIATED:
      return "the access point ended the connection";
    default:
      return "connection ended";
  }
}

// Between half of the time and all of it, so that boards that lost the same access point do not come back as one.
static uint32_t schedule_retry(void) {
  uint32_t wait = retry_milliseconds / 2 + esp_random() % (retry_milliseconds / 2 + 1);
  retry_milliseconds *= 2;
  if (retry_milliseconds > RETRY_MILLISECONDS_MAX) retry_milliseconds = RETRY_MILLISECONDS_MAX;
  (void)esp_timer_stop(retry_timer);
  esp_err_t status = esp_timer_start_once(retry_timer, (uint64_t)wait * 1000);
  if (status != ESP_OK) port_log(BOARD_LOG_ERROR, "wifi: no timer to try again: %s", esp_err_to_name(status));
  return wait;
}

// In the event task for the first try, then in the timer's; the timer does not run while a try is on its way.
static void connect_now(void *context) {
  (void)context;
  if (!has_network || is_associated) return;
  esp_err_t status = esp_wifi_connect();
  if (status == ESP_OK) return;
  // No event follows, so nobody else would try again.
  uint32_t wait = schedule_retry();
  port_log(
      BOARD_LOG_ERROR, "wifi: cannot connect: %s; trying again in %" PRIu32 " ms", esp_err_to_name(status), wait);
}

static void on_disconnected(const wifi_event_sta_disconnected_t *event) {
  // The driver is on its way to another access point of the network by itself.
  if (event->reason == WIFI_REASON_ROAMING) return;
  is_associated = false;
  network_set_link(BOARD_LINK_DOWN);
  uint32_t wait = schedule_retry();
  if (event->reason == told_reason) return;
  told_reason = event->reason;
  port_log(
      BOARD_LOG_WARNING, "wifi: \"%.32s\": %s (reason %u); trying again in %" PRIu32 " ms, then up to every %d s",
      (const char *)station.sta.ssid, words_of(event->reason), (unsigned)event->reason, wait,
      RETRY_MILLISECONDS_MAX / 1000);
}

static void on_wifi(void *context, esp_event_base_t base, int32_t event, void *data) {
  (void)context, (void)base;
  switch (event) {
    case WIFI_EVENT_STA_START:
      connect_now(NULL);
      break;
    case WIFI_EVENT_STA_CONNECTED:
      is_associated = true;
      network_set_link(BOARD_LINK_ACQUIRING_ADDRESS);
      break;
    case WIFI_EVENT_STA_DISCONNECTED:
      on_disconnected(data);
      break;
    default:
      break;
  }
}

static void on_address(void *context, esp_event_base_t base, int32_t event, void *data) {
  (void)context, (void)base;
  if (event == IP_EVENT_STA_LOST_IP) {
    // Also some time after the access point is lost, when there is nothing to ask.
    if (board_link_state() == BOARD_LINK_UP) network_set_link(BOARD_LINK_ACQUIRING_ADDRESS);
    return;
  }
  if (!is_associated) return;
  const ip_event_got_ip_t *got = data;
  port_log(
      BOARD_LOG_INFO, "wifi: \"%.32s\", address " IPSTR, (const char *)station.sta.ssid, IP2STR(&got->ip_info.ip));
  retry_milliseconds = RETRY_MILLISECONDS_MIN;
  told_reason = 0;
  network_set_link(BOARD_LINK_UP);
}

// Name and password into `station`; both may fill their fields without a NUL.
static void read_credentials(void) {
  char name[sizeof station.sta.ssid + 1];
  char password[sizeof station.sta.password + 1];
  if (!values_text("ssid", name, sizeof name)) {
    port_log(BOARD_LOG_ERROR, "wifi: no network name (value ssid); set it with menuconfig or in NVS, then restart");
    return;
  }
  (void)values_text("password", password, sizeof password);
  size_t count = strlen(password);
  has_network = count >= PASSWORD_BYTES_MIN;
  if (has_network) {
    memcpy(station.sta.ssid, name, strlen(name));
    memcpy(station.sta.password, password, count);
  } else {
    port_log(
        BOARD_LOG_ERROR, "wifi: password (value password) of %u bytes, expected 8 to 63 or 64 hexadecimal digits; "
        "open networks are not joined", (unsigned)count);
  }
  mbedtls_platform_zeroize(password, sizeof password);
}

// A radio that sleeps between beacons gives esp_random no noise meanwhile.
static void keep_awake(void) {
  esp_err_t status = esp_wifi_set_ps(WIFI_PS_NONE);
  if (status == ESP_OK) return;
  port_log(BOARD_LOG_ERROR, "wifi: power saving stays on: %s; random numbers are weaker", esp_err_to_name(status));
}

esp_err_t interface_start(void) {
  if (esp_netif_create_default_wifi_sta() == NULL) return ESP_ERR_NO_MEM;
  const esp_timer_create_args_t timer = {.callback = connect_now, .name = "wifi retry"};
  esp_err_t status = esp_timer_create(&timer, &retry_timer);
  if (status != ESP_OK) return status;
  read_credentials();
  wifi_init_config_t configuration = WIFI_INIT_CONFIG_DEFAULT();
  // The password is in one place already; and a store that cannot be opened must not keep the board off the network.
  configuration.nvs_enable = false;
  status = esp_wifi_init(&configuration);
  if (status == ESP_OK) status = esp_event_handler_register(WIFI_EVENT, ESP_EVENT_ANY_ID, on_wifi, NULL);
  if (status == ESP_OK) status = esp_event_handler_register(IP_EVENT, IP_EVENT_STA_GOT_IP, on_address, NULL);
  if (status == ESP_OK) status = esp_event_handler_register(IP_EVENT, IP_EVENT_STA_LOST_IP, on_address, NULL);
  if (status == ESP_OK) status = esp_wifi_set_storage(WIFI_STORAGE_RAM);
  if (status == ESP_OK) status = esp_wifi_set_mode(WIFI_MODE_STA);
  if (status == ESP_OK && has_network) status = esp_wifi_set_config(WIFI_IF_STA, &station);
  // The driver needs it as long as it runs, and has a copy; the name stays for the log.
  mbedtls_platform_zeroize(station.sta.password, sizeof station.sta.password);
  // Also without a network: the radio is the source of random numbers.
  if (status == ESP_OK) status = esp_wifi_start();
  if (status == ESP_OK) keep_awake();
  return status;
}
