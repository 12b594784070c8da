// port_wifi.c with a driver that takes notes: what it is given, what the log says, and where the password stays.
#include <stdarg.h>
#include <string.h>

#include "check.h"
#include "esp_timer.h"
#include "esp_wifi.h"
#include "mbedtls/platform_util.h"
#include "port.h"

esp_event_base_t const WIFI_EVENT = "wifi";
esp_event_base_t const IP_EVENT = "ip";

static const char *name;
static const char *password;
// What the driver was given: a copy, and where it was.
static wifi_config_t given;
static wifi_config_t *given_from;
static int given_count;
static int cleared_passwords;
static esp_err_t set_result;
static int connect_count;
static uint64_t timer_microseconds;
static void (*retry)(void *context);
static board_link link_now;
static esp_event_handler_t on_wifi_event;
static esp_event_handler_t on_address_event;
static char log_text[4096];

void port_log(board_log_level level, const char *format, ...) {
  (void)level;
  size_t used = strlen(log_text);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(log_text + used, sizeof log_text - used, format, arguments);
  va_end(arguments);
}

bool values_text(const char *key, char *text, size_t capacity) {
  const char *value = strcmp(key, "ssid") == 0 ? name : password;
  snprintf(text, capacity, "%s", value != NULL ? value : "");
  return value != NULL;
}

void mbedtls_platform_zeroize(void *bytes, size_t count) {
  size_t length = strlen(password);
  if (length > 0 && count >= length && memcmp(bytes, password, length) == 0) cleared_passwords++;
  memset(bytes, 0, count);
}

const char *esp_err_to_name(esp_err_t code) { return code == ESP_ERR_NO_MEM ? "ESP_ERR_NO_MEM" : "code"; }
uint32_t esp_random(void) { return 0; }
board_link board_link_state(void) { return link_now; }
void network_set_link(board_link now) { link_now = now; }
esp_netif_t *esp_netif_create_default_wifi_sta(void) { return (esp_netif_t *)&given; }
esp_err_t esp_timer_stop(esp_timer_handle_t timer) { return timer != NULL ? ESP_OK : ESP_ERR_INVALID_ARG; }
esp_err_t esp_wifi_init(const wifi_init_config_t *configuration) {
  return configuration->nvs_enable ? ESP_ERR_INVALID_ARG : ESP_OK;
}
esp_err_t esp_wifi_set_storage(wifi_storage_t storage) {
  return storage == WIFI_STORAGE_RAM ? ESP_OK : ESP_ERR_INVALID_ARG;
}
esp_err_t esp_wifi_set_mode(wifi_mode_t mode) { return mode == WIFI_MODE_STA ? ESP_OK : ESP_ERR_INVALID_ARG; }
esp_err_t esp_wifi_start(void) { return ESP_OK; }
esp_err_t esp_wifi_set_ps(wifi_ps_type_t type) { return type == WIFI_PS_NONE ? ESP_OK : ESP_ERR_INVALID_ARG; }

esp_err_t esp_timer_create(const esp_timer_create_args_t *arguments, esp_timer_handle_t *timer) {
  *timer = (esp_timer_handle_t)&given;
  retry = arguments->callback;
  return arguments->callback != NULL ? ESP_OK : ESP_ERR_INVALID_ARG;
}

esp_err_t esp_timer_start_once(esp_timer_handle_t timer, uint64_t microseconds) {
  (void)timer;
  timer_microseconds = microseconds;
  return ESP_OK;
}

esp_err_t esp_event_handler_register(esp_event_base_t base, int32_t event, esp_event_handler_t handler, void *context) {
  (void)event, (void)context;
  *(base == WIFI_EVENT ? &on_wifi_event : &on_address_event) = handler;
  return ESP_OK;
}

esp_err_t esp_wifi_set_config(wifi_interface_t interface, wifi_config_t *configuration) {
  given_count++;
  given_from = configuration;
  given = *configuration;
  return interface == WIFI_IF_STA ? set_result : ESP_ERR_INVALID_ARG;
}

esp_err_t esp_wifi_connect(void) {
  connect_count++;
  return ESP_OK;
}

// Starts the interface with these values; what was noted before is forgotten.
static esp_err_t start(const char *ssid, const char *secret) {
  name = ssid;
  password = secret;
  given_count = cleared_passwords = connect_count = 0;
  log_text[0] = 0;
  return interface_start();
}

static bool is_logged(const char *words) { return strstr(log_text, words) != NULL; }

static void disconnect(uint8_t reason) {
  wifi_event_sta_disconnected_t event = {.reason = reason};
  on_wifi_event(NULL, WIFI_EVENT, WIFI_EVENT_STA_DISCONNECTED, &event);
}

static void check_credentials(void) {
  check(start(NULL, "") == ESP_OK && given_count == 0, "without a name the driver is given none");
  check(is_logged("no network name (value ssid)"), "which is said");
  check(start("Home", "sekrit7") == ESP_OK && given_count == 0, "a password of 7 bytes is given to nobody");
  check(is_logged("of 7 bytes, expected 8 to 63") && !is_logged("sekrit"), "its length is said, not what it is");
  check(cleared_passwords == 1, "and its memory cleared");

  set_result = ESP_ERR_NO_MEM;
  check(start("Home", "sekrit of Home") == ESP_ERR_NO_MEM, "a driver that does not take them ends the start");
  check(cleared_passwords == 2, "with the password cleared in both places");
  set_result = ESP_OK;
  check(start("Home", "sekrit of Home") == ESP_OK && given_count == 1, "name and password are given to the driver");
  check(strcmp((char *)given.sta.ssid, "Home") == 0, "the name");
  check(strcmp((char *)given.sta.password, "sekrit of Home") == 0, "the password");
  check(cleared_passwords == 2, "the password is cleared where it was read, and where it was given from");
  static const uint8_t nothing[sizeof given.sta.password];
  check(memcmp(given_from->sta.password, nothing, sizeof nothing) == 0, "nothing of it is left there");
  const char *longest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
  check(start("Home", longest) == ESP_OK && memcmp(given.sta.password, longest, 64) == 0, "64 digits fill the field");
}

static void check_retries(void) {
  start("Home", "sekrit of Home");
  on_wifi_event(NULL, WIFI_EVENT, WIFI_EVENT_STA_START, NULL);
  check(connect_count == 1, "it connects when the driver has started");
  uint64_t last = 0;
  for (int round = 0; round < 8; round++) {
    disconnect(WIFI_REASON_4WAY_HANDSHAKE_TIMEOUT);
    check(timer_microseconds > last || timer_microseconds == 30000000, "each try after a longer wait, up to a minute");
    last = timer_microseconds;
  }
  check(is_logged("\"Home\": the access point refused the password"), "a refusal names the network");
  check(!is_logged("sekrit"), "and not the password");
  char *first = strstr(log_text, "refused");
  check(first != NULL && strstr(first + 1, "refused") == NULL, "a reason that stays the same is said once");
}

static void get_address(void) {
  ip_event_got_ip_t event = {0};
  on_address_event(NULL, IP_EVENT, IP_EVENT_STA_GOT_IP, &event);
}

static void check_bug_late_address(void) {
  start("Home", "sekrit of Home");
  on_wifi_event(NULL, WIFI_EVENT, WIFI_EVENT_STA_START, NULL);
  on_wifi_event(NULL, WIFI_EVENT, WIFI_EVENT_STA_CONNECTED, NULL);
  check(link_now == BOARD_LINK_ACQUIRING_ADDRESS, "with an access point it waits for an address");
  get_address();
  check(link_now == BOARD_LINK_UP, "with one the link is up");
  connect_count = 0;
  retry(NULL);
  check(connect_count == 0, "and there is nothing to connect to");
  disconnect(WIFI_REASON_BEACON_TIMEOUT);
  get_address();
  check(link_now == BOARD_LINK_DOWN, "an address that was told behind the loss of the access point is none");
  retry(NULL);
  check(connect_count == 1, "and the board goes on trying");
  on_wifi_event(NULL, WIFI_EVENT, WIFI_EVENT_STA_CONNECTED, NULL);
  get_address();
  check(link_now == BOARD_LINK_UP, "until it is back");
}

int main(void) {
  check_credentials();
  check_retries();
  check_bug_late_address();
  return check_finish();
}
