// Ethernet.
#ifndef ESP_ETH_H
#define ESP_ETH_H

#include <stdint.h>

#include "esp_netif.h"

typedef struct esp_eth_mac esp_eth_mac_t;
typedef struct esp_eth_phy esp_eth_phy_t;
typedef void *esp_eth_handle_t;
typedef struct esp_eth_netif_glue *esp_eth_netif_glue_handle_t;
typedef enum { ETHERNET_EVENT_START, ETHERNET_EVENT_STOP, ETHERNET_EVENT_CONNECTED, ETHERNET_EVENT_DISCONNECTED }
    eth_event_t;

typedef struct {
  uint32_t sw_reset_timeout_ms;
  uint32_t rx_task_stack_size;
} eth_mac_config_t;

typedef struct {
  int32_t phy_addr;
  uint32_t reset_timeout_ms;
  uint32_t autonego_timeout_ms;
  int reset_gpio_num;
} eth_phy_config_t;

typedef struct {
  esp_eth_mac_t *mac;
  esp_eth_phy_t *phy;
} esp_eth_config_t;

#define ETH_MAC_DEFAULT_CONFIG() {.sw_reset_timeout_ms = 100, .rx_task_stack_size = 4096}
#define ETH_PHY_DEFAULT_CONFIG() {.phy_addr = -1, .reset_timeout_ms = 100, .autonego_timeout_ms = 4000}
#define ETH_DEFAULT_CONFIG(m, p) {.mac = m, .phy = p}

extern esp_event_base_t const ETH_EVENT;

#if MAJOR >= 6
esp_eth_phy_t *esp_eth_phy_new_generic(const eth_phy_config_t *configuration);
#else
esp_eth_phy_t *esp_eth_phy_new_dp83848(const eth_phy_config_t *configuration);
#endif
esp_err_t esp_eth_driver_install(const esp_eth_config_t *configuration, esp_eth_handle_t *driver);
esp_eth_netif_glue_handle_t esp_eth_new_netif_glue(esp_eth_handle_t driver);
esp_err_t esp_eth_start(esp_eth_handle_t driver);

#endif
