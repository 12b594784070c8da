// Result codes.
#ifndef ESP_ERR_H
#define ESP_ERR_H

#include <stdlib.h>

typedef int esp_err_t;

enum {
  ESP_OK = 0,
  ESP_ERR_NO_MEM = 0x101,
  ESP_ERR_INVALID_ARG = 0x102,
  ESP_ERR_INVALID_STATE = 0x103,
  ESP_ERR_NOT_FOUND = 0x105,
  ESP_ERR_NOT_SUPPORTED = 0x106,
  ESP_ERR_TIMEOUT = 0x107,
  ESP_ERR_INVALID_RESPONSE = 0x108,
};

const char *esp_err_to_name(esp_err_t code);

#define ESP_ERROR_CHECK(call) \
  do {                        \
    if ((call) != 0) abort(); \
  } while (0)

#endif
