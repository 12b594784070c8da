// Network interfaces and their addresses.
#ifndef ESP_NETIF_H
#define ESP_NETIF_H

#include "esp_event.h"

typedef struct esp_netif esp_netif_t;
typedef void *esp_netif_iodriver_handle;

typedef struct {
  uint32_t addr;
} esp_ip4_addr_t;

typedef struct {
  esp_ip4_addr_t ip;
  esp_ip4_addr_t netmask;
  esp_ip4_addr_t gw;
} esp_netif_ip_info_t;

typedef struct {
  esp_netif_t *esp_netif;
  esp_netif_ip_info_t ip_info;
  _Bool ip_changed;
} ip_event_got_ip_t;

typedef enum {
  IP_EVENT_STA_GOT_IP,
  IP_EVENT_STA_LOST_IP,
  IP_EVENT_ETH_GOT_IP,
  IP_EVENT_ETH_LOST_IP,
} ip_event_t;

typedef struct {
  const void *base;
  const void *driver;
  const void *stack;
} esp_netif_config_t;

#define IPSTR "%d.%d.%d.%d"
#define IP2STR(address)                                                                                              \
  (int)((address)->addr & 0xFF), (int)((address)->addr >> 8 & 0xFF), (int)((address)->addr >> 16 & 0xFF), \
      (int)((address)->addr >> 24)
#define ESP_NETIF_DEFAULT_ETH() {.base = 0, .driver = 0, .stack = 0}

extern esp_event_base_t const IP_EVENT;

esp_err_t esp_netif_init(void);
esp_netif_t *esp_netif_new(const esp_netif_config_t *configuration);
esp_err_t esp_netif_attach(esp_netif_t *netif, esp_netif_iodriver_handle driver);

#endif
