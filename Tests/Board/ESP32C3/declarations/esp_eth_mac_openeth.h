// The network card of an emulated chip.
#ifndef ESP_ETH_MAC_OPENETH_H
#define ESP_ETH_MAC_OPENETH_H

#include "esp_eth.h"

esp_eth_mac_t *esp_eth_mac_new_openeth(const eth_mac_config_t *configuration);

#endif
