// OpenCores Ethernet: the network card of an emulated chip. No real ESP32-C3 has one.
#include "esp_eth.h"
#include "esp_eth_mac_openeth.h"
#include "esp_event.h"
#include "esp_idf_version.h"
#include "esp_netif.h"
#include "port.h"

enum {
  PHY_ADDRESS = 1,
  AUTONEGOTIATION_TIMEOUT_MILLISECONDS = 100,
};

static void on_ethernet(void *context, esp_event_base_t base, int32_t event, void *data) {
  (void)context, (void)base, (void)data;
  if (event == ETHERNET_EVENT_CONNECTED) {
    network_set_link(BOARD_LINK_ACQUIRING_ADDRESS);
  } else if (event == ETHERNET_EVENT_DISCONNECTED) {
    network_set_link(BOARD_LINK_DOWN);
  }
}

static void on_address(void *context, esp_event_base_t base, int32_t event, void *data) {
  (void)context, (void)base;
  if (event == IP_EVENT_ETH_LOST_IP) {
    // Also some time after the carrier is lost, when there is nothing to ask.
    if (board_link_state() == BOARD_LINK_UP) network_set_link(BOARD_LINK_ACQUIRING_ADDRESS);
    return;
  }
  const ip_event_got_ip_t *got = data;
  port_log(BOARD_LOG_INFO, "ethernet: address " IPSTR, IP2STR(&got->ip_info.ip));
  network_set_link(BOARD_LINK_UP);
}

// The emulated card shows a DP83848, whose driver left ESP-IDF with 6.0; the generic one asks for less.
static esp_eth_phy_t *new_phy(const eth_phy_config_t *configuration) {
#if ESP_IDF_VERSION_MAJOR >= 6
  return esp_eth_phy_new_generic(configuration);
#else
  return esp_eth_phy_new_dp83848(configuration);
#endif
}

esp_err_t interface_start(void) {
  eth_mac_config_t mac_configuration = ETH_MAC_DEFAULT_CONFIG();
  eth_phy_config_t phy_configuration = ETH_PHY_DEFAULT_CONFIG();
  phy_configuration.phy_addr = PHY_ADDRESS;
  phy_configuration.reset_gpio_num = -1;
  phy_configuration.autonego_timeout_ms = AUTONEGOTIATION_TIMEOUT_MILLISECONDS;
  esp_eth_mac_t *mac = esp_eth_mac_new_openeth(&mac_configuration);
  esp_eth_phy_t *phy = new_phy(&phy_configuration);
  esp_netif_config_t netif_configuration = ESP_NETIF_DEFAULT_ETH();
  esp_netif_t *netif = esp_netif_new(&netif_configuration);
  if (mac == NULL || phy == NULL || netif == NULL) return ESP_ERR_NO_MEM;

  esp_eth_config_t configuration = ETH_DEFAULT_CONFIG(mac, phy);
  esp_eth_handle_t driver = NULL;
  esp_err_t status = esp_eth_driver_install(&configuration, &driver);
  if (status != ESP_OK) return status;
  esp_eth_netif_glue_handle_t glue = esp_eth_new_netif_glue(driver);
  if (glue == NULL) return ESP_ERR_NO_MEM;
  status = esp_netif_attach(netif, glue);
  if (status == ESP_OK) status = esp_event_handler_register(ETH_EVENT, ESP_EVENT_ANY_ID, on_ethernet, NULL);
  if (status == ESP_OK) status = esp_event_handler_register(IP_EVENT, IP_EVENT_ETH_GOT_IP, on_address, NULL);
  if (status == ESP_OK) status = esp_event_handler_register(IP_EVENT, IP_EVENT_ETH_LOST_IP, on_address, NULL);
  if (status == ESP_OK) status = esp_eth_start(driver);
  return status;
}
