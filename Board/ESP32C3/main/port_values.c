// Values, from the first place that has them: NVS namespace `mles` of the partition `settings`, which the firmware never
// writes; the same of the partition `nvs`, where it stores its own; what menuconfig was given.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mbedtls/platform_util.h"
#include "nvs.h"
#include "nvs_flash.h"
#include "port.h"
#include "sdkconfig.h"

enum {
  WRITTEN_BYTES_MAX = 64,
  KEY_BYTES_MAX = 15,
  // Of a uint32_t in decimal, with its NUL.
  DIGITS_BYTES = 11,
};

typedef struct value_store {
  const char *partition;
  nvs_open_mode_t mode;
  nvs_handle_t handle;
  bool is_open;
} value_store;

static value_store settings = {.partition = "settings", .mode = NVS_READONLY};
static value_store memory = {.partition = NVS_DEFAULT_PART_NAME, .mode = NVS_READWRITE};
static int32_t last_code;

#if CONFIG_MLES_CA_EMBEDDED
// The file that menuconfig named, put into the image by CMake with a NUL behind it.
extern const uint8_t ca_start[] asm("_binary_mles_ca_pem_start");
extern const uint8_t ca_end[] asm("_binary_mles_ca_pem_end");
#endif

static esp_err_t open_store(value_store *store) {
  bool is_default = strcmp(store->partition, NVS_DEFAULT_PART_NAME) == 0;
  esp_err_t status = is_default ? nvs_flash_init() : nvs_flash_init_partition(store->partition);
  if (status == ESP_OK) status = nvs_open_from_partition(store->partition, "mles", store->mode, &store->handle);
  store->is_open = status == ESP_OK;
  return status;
}

// A partition that cannot be read is left as it is: what is in it may be somebody's only copy.
void values_start(void) {
  esp_err_t status = open_store(&settings);
  // Nothing was ever stored there, which is no fault.
  if (status != ESP_OK && status != ESP_ERR_NVS_NOT_FOUND) {
    port_log(
        BOARD_LOG_ERROR, "values: partition settings cannot be read (%s); its values are not used",
        esp_err_to_name(status));
  }
  status = open_store(&memory);
  last_code = status;
  if (status != ESP_OK) {
    port_log(
        BOARD_LOG_ERROR, "values: partition nvs cannot be used (%s); nothing is remembered until it is erased",
        esp_err_to_name(status));
  }
}

// What menuconfig was given for `key`, NULL for none. Numbers are put into `digits`; 0 stands for none.
static const char *configured(const char *key, char digits[DIGITS_BYTES]) {
  static const struct {
    const char *key;
    const char *text;
    uint32_t number;
  } values[] = {
      {"host", CONFIG_MLES_HOST, 0},
      {"port", NULL, CONFIG_MLES_PORT},
      {"path", CONFIG_MLES_PATH, 0},
      {"channel", CONFIG_MLES_CHANNEL, 0},
      {"uid", CONFIG_MLES_UID, 0},
      {"key", CONFIG_MLES_KEY, 0},
      {"interval", NULL, CONFIG_MLES_INTERVAL_MILLISECONDS},
      {"limit", NULL, CONFIG_MLES_READING_LIMIT},
      {"ghost", CONFIG_MLES_GHOST, 0},
      {"sntp", CONFIG_MLES_SNTP_SERVER, 0},
#if CONFIG_MLES_NETWORK_WIFI
      {"ssid", CONFIG_MLES_WIFI_SSID, 0},
      {"password", CONFIG_MLES_WIFI_PASSWORD, 0},
#endif
  };
  for (size_t index = 0; index < sizeof values / sizeof values[0]; index++) {
    if (strcmp(values[index].key, key) != 0) continue;
    if (values[index].text != NULL) return values[index].text;
    if (values[index].number == 0) return NULL;
    snprintf(digits, DIGITS_BYTES, "%" PRIu32, values[index].number);
    return digits;
  }
  return NULL;
}

static int32_t copy(const void *value, size_t count, uint8_t *bytes, size_t capacity) {
  if (count == 0) return BOARD_VALUE_MISSING;
  if (count > capacity) {
    last_code = (int32_t)count;
    return BOARD_VALUE_TOO_LARGE;
  }
  memcpy(bytes, value, count);
  return (int32_t)count;
}

static int32_t fail(esp_err_t status) {
  last_code = status;
  switch (status) {
    case ESP_ERR_NVS_NOT_FOUND:
      return BOARD_VALUE_MISSING;
    case ESP_ERR_NVS_NOT_ENOUGH_SPACE:
      return BOARD_VALUE_STORE_FULL;
    default:
      return BOARD_VALUE_FAILED;
  }
}

static bool has_key(const value_store *store, const char *key) {
  return store->is_open && nvs_find_key(store->handle, key, NULL) != ESP_ERR_NVS_NOT_FOUND;
}

static esp_err_t get(nvs_handle_t store, const char *key, nvs_type_t type, void *value, size_t *count) {
  if (type == NVS_TYPE_STR) return nvs_get_str(store, key, value, count);
  if (type == NVS_TYPE_BLOB) return nvs_get_blob(store, key, value, count);
  return ESP_ERR_NVS_TYPE_MISMATCH;
}

// A string is stored with its NUL, which is no part of the value; a blob is taken as it is. Through memory of its own,
// because the NUL needs not fit into `bytes`.
static int32_t read_stored(nvs_handle_t store, const char *key, uint8_t *bytes, size_t capacity) {
  nvs_type_t type;
  esp_err_t status = nvs_find_key(store, key, &type);
  if (status != ESP_OK) return fail(status);
  size_t count = 0;
  status = get(store, key, type, NULL, &count);
  if (status != ESP_OK) return fail(status);
  uint8_t *value = malloc(count > 0 ? count : 1);
  if (value == NULL) return fail(ESP_ERR_NO_MEM);
  status = count > 0 ? get(store, key, type, value, &count) : ESP_OK;
  size_t text_count = type == NVS_TYPE_STR && count > 0 ? count - 1 : count;
  int32_t result = status == ESP_OK ? copy(value, text_count, bytes, capacity) : fail(status);
  // It may have been the channel's key.
  mbedtls_platform_zeroize(value, count);
  free(value);
  return result;
}

int32_t board_value_read(const char *key, uint8_t *bytes, size_t capacity) {
  last_code = ESP_OK;
  // A value that is stored and empty takes the place of those behind it with nothing.
  if (has_key(&settings, key)) return read_stored(settings.handle, key, bytes, capacity);
  if (has_key(&memory, key)) return read_stored(memory.handle, key, bytes, capacity);
#if CONFIG_MLES_CA_EMBEDDED
  if (strcmp(key, "ca") == 0) return copy(ca_start, (size_t)(ca_end - ca_start) - 1, bytes, capacity);
#endif
  char digits[DIGITS_BYTES];
  const char *value = configured(key, digits);
  if (value == NULL) return BOARD_VALUE_MISSING;
  return copy(value, strlen(value), bytes, capacity);
}

int32_t board_value_write(const char *key, const uint8_t *bytes, size_t count) {
  if (count > WRITTEN_BYTES_MAX) {
    last_code = (int32_t)count;
    return BOARD_VALUE_TOO_LARGE;
  }
  if (!memory.is_open) return fail(ESP_ERR_NVS_INVALID_HANDLE);
  if (strlen(key) > KEY_BYTES_MAX) return fail(ESP_ERR_INVALID_ARG);
  esp_err_t status = nvs_set_blob(memory.handle, key, bytes, count);
  if (status == ESP_OK) status = nvs_commit(memory.handle);
  last_code = status;
  return status == ESP_OK ? 0 : fail(status);
}

int32_t board_value_code(void) {
  return last_code;
}

bool values_text(const char *key, char *text, size_t capacity) {
  int32_t count = board_value_read(key, (uint8_t *)text, capacity - 1);
  bool is_there = count > 0;
  while (count > 0 && (text[count - 1] == '\n' || text[count - 1] == '\r')) count--;
  text[is_there ? count : 0] = 0;
  if (!is_there && count != BOARD_VALUE_MISSING) {
    port_log(
        BOARD_LOG_ERROR, "configuration: %s: expected at most %u bytes, got code %ld", key, (unsigned)(capacity - 1),
        (long)last_code);
  }
  return is_there;
}
