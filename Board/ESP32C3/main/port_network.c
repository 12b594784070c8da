// What Wi-Fi and Ethernet have in common: the state of the link, and the random numbers that depend on it.
#include "esp_event.h"
#include "esp_netif.h"
#include "esp_random.h"
#include "port.h"

#if CONFIG_MLES_NETWORK_WIFI
#include "bootloader_random.h"
#endif

// Written by the event task.
static volatile board_link link_state = BOARD_LINK_DOWN;

void network_start_stack(void) {
  ESP_ERROR_CHECK(esp_netif_init());
  ESP_ERROR_CHECK(esp_event_loop_create_default());
}

void network_start_interface(void) {
  esp_err_t status = interface_start();
  if (status == ESP_OK) return;
  port_log(BOARD_LOG_ERROR, "network: does not start: %s; the board stays off the network", esp_err_to_name(status));
#if CONFIG_MLES_NETWORK_WIFI
  // Without the radio, esp_random has no noise of its own.
  bootloader_random_enable();
#endif
}

board_link board_link_state(void) {
  return link_state;
}

void network_set_link(board_link link) {
  if (link_state == link) return;
  link_state = link;
  if (link == BOARD_LINK_UP) time_request();
  port_wake();
}

// True random numbers while the radio (kept awake, see port_wifi.c) or bootloader_random_enable is on, which is so since
// before the firmware started; an emulated chip gives its computer's. Does not wait, and never fails.
int32_t board_random(uint8_t *bytes, size_t count) {
  esp_fill_random(bytes, count);
  return 0;
}
