// Non-volatile storage.
#ifndef NVS_H
#define NVS_H

#include <stddef.h>
#include <stdint.h>

#include "esp_err.h"

typedef uint32_t nvs_handle_t;
typedef enum { NVS_READONLY, NVS_READWRITE } nvs_open_mode_t;
typedef enum { NVS_TYPE_U8 = 0x01, NVS_TYPE_STR = 0x21, NVS_TYPE_BLOB = 0x42, NVS_TYPE_ANY = 0xff } nvs_type_t;

enum {
  ESP_ERR_NVS_NOT_FOUND = 0x1102,
  ESP_ERR_NVS_TYPE_MISMATCH = 0x1103,
  ESP_ERR_NVS_NOT_ENOUGH_SPACE = 0x1105,
  ESP_ERR_NVS_INVALID_HANDLE = 0x1107,
  ESP_ERR_NVS_INVALID_LENGTH = 0x110c,
  ESP_ERR_NVS_NO_FREE_PAGES = 0x110d,
  ESP_ERR_NVS_NEW_VERSION_FOUND = 0x1110,
};

esp_err_t nvs_open_from_partition(
    const char *partition, const char *name, nvs_open_mode_t mode, nvs_handle_t *handle);
esp_err_t nvs_find_key(nvs_handle_t handle, const char *key, nvs_type_t *type);
esp_err_t nvs_get_str(nvs_handle_t handle, const char *key, char *value, size_t *count);
esp_err_t nvs_get_blob(nvs_handle_t handle, const char *key, void *value, size_t *count);
esp_err_t nvs_set_blob(nvs_handle_t handle, const char *key, const void *value, size_t count);
esp_err_t nvs_commit(nvs_handle_t handle);

#endif
