// SNTP.
#ifndef ESP_NETIF_SNTP_H
#define ESP_NETIF_SNTP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/time.h>

#include "esp_netif.h"

typedef struct {
  bool smooth_sync;
  bool server_from_dhcp;
  bool wait_for_sync;
  bool start;
  void (*sync_cb)(struct timeval *now);
  bool renew_servers_after_new_IP;
  ip_event_t ip_event_to_renew;
  size_t index_of_first_server;
  size_t num_of_servers;
  const char *servers[1];
} esp_sntp_config_t;

#define ESP_NETIF_SNTP_DEFAULT_CONFIG(name) \
  {.wait_for_sync = true, .start = true, .num_of_servers = 1, .servers = {name}}

esp_err_t esp_netif_sntp_init(const esp_sntp_config_t *configuration);
esp_err_t esp_netif_sntp_start(void);

#endif
