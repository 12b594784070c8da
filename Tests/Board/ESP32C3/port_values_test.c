// port_values.c over a store in memory.
#include <stdarg.h>
#include <string.h>

#include "check.h"
#include "nvs_flash.h"
#include "port.h"

enum { ENTRIES_MAX = 8, VALUE_BYTES_MAX = 4096 };

typedef struct entry {
  char key[16];
  nvs_type_t type;
  uint8_t value[VALUE_BYTES_MAX];
  size_t count;
} entry;

static entry entries[ENTRIES_MAX];
static size_t entry_count;
static esp_err_t init_result;
static esp_err_t set_result;
static int erase_count;
static int complaint_count;

// What menuconfig put into the image.
const uint8_t ca_file[] asm("_binary_mles_ca_pem_start") = "PEM";
extern const uint8_t ca_file_end[] asm("_binary_mles_ca_pem_end");
asm(".data\n.global _binary_mles_ca_pem_end\n_binary_mles_ca_pem_end = _binary_mles_ca_pem_start + 4\n.text");

void port_log(board_log_level level, const char *format, ...) {
  (void)level, (void)format;
  complaint_count++;
}

const char *esp_err_to_name(esp_err_t code) {
  (void)code;
  return "code";
}

void mbedtls_platform_zeroize(void *bytes, size_t count) { memset(bytes, 0, count); }

esp_err_t nvs_flash_init(void) {
  esp_err_t result = init_result;
  init_result = ESP_OK;
  return result;
}

esp_err_t nvs_flash_erase(void) {
  erase_count++;
  entry_count = 0;
  return ESP_OK;
}

esp_err_t nvs_open(const char *name, nvs_open_mode_t mode, nvs_handle_t *handle) {
  *handle = 1;
  return strcmp(name, "mles") == 0 && mode == NVS_READWRITE ? ESP_OK : ESP_ERR_INVALID_ARG;
}

static entry *find(const char *key) {
  for (size_t index = 0; index < entry_count; index++) {
    if (strcmp(entries[index].key, key) == 0) return &entries[index];
  }
  return NULL;
}

static void put(const char *key, nvs_type_t type, const void *value, size_t count) {
  entry *place = find(key);
  if (place == NULL) place = &entries[entry_count++];
  strcpy(place->key, key);
  place->type = type;
  memcpy(place->value, value, count);
  place->count = count;
}

esp_err_t nvs_find_key(nvs_handle_t handle, const char *key, nvs_type_t *type) {
  const entry *found = find(key);
  if (handle != 1) return ESP_ERR_NVS_INVALID_HANDLE;
  if (found == NULL) return ESP_ERR_NVS_NOT_FOUND;
  if (type != NULL) *type = found->type;
  return ESP_OK;
}

static esp_err_t get(const char *key, nvs_type_t type, void *value, size_t *count) {
  const entry *found = find(key);
  if (found == NULL || found->type != type) return ESP_ERR_NVS_NOT_FOUND;
  if (value != NULL && *count < found->count) return ESP_ERR_NVS_INVALID_LENGTH;
  if (value != NULL) memcpy(value, found->value, found->count);
  *count = found->count;
  return ESP_OK;
}

esp_err_t nvs_get_str(nvs_handle_t handle, const char *key, char *value, size_t *count) {
  (void)handle;
  return get(key, NVS_TYPE_STR, value, count);
}

esp_err_t nvs_get_blob(nvs_handle_t handle, const char *key, void *value, size_t *count) {
  (void)handle;
  return get(key, NVS_TYPE_BLOB, value, count);
}

esp_err_t nvs_set_blob(nvs_handle_t handle, const char *key, const void *value, size_t count) {
  (void)handle;
  if (set_result == ESP_OK) put(key, NVS_TYPE_BLOB, value, count);
  return set_result;
}

esp_err_t nvs_commit(nvs_handle_t handle) {
  (void)handle;
  return ESP_OK;
}

static uint8_t space[VALUE_BYTES_MAX];

// Whether the value of `key` is this text.
static bool is_value(const char *key, const char *text) {
  int32_t count = board_value_read(key, space, sizeof space);
  return count == (int32_t)strlen(text) && memcmp(space, text, strlen(text)) == 0;
}

static void test_reading(void) {
  check(is_value("port", "443"), "a value that is not stored is menuconfig's; numbers are text");
  check(is_value("path", "/"), "so are texts");
  check(is_value("ca", "PEM"), "so is the embedded certificate, without the NUL behind it");
  check(board_value_read("host", space, sizeof space) == BOARD_VALUE_MISSING, "an empty text of menuconfig is missing");
  check(board_value_read("limit", space, sizeof space) == BOARD_VALUE_MISSING, "so is a number of 0");
  check(board_value_read("boots", space, sizeof space) == BOARD_VALUE_MISSING, "so is what nobody knows");
  put("port", NVS_TYPE_STR, "8443", 5);
  check(is_value("port", "8443"), "a stored string comes before menuconfig's, without its NUL");
  put("ca", NVS_TYPE_BLOB, "blob", 4);
  check(is_value("ca", "blob"), "so does a stored blob");
  put("path", NVS_TYPE_STR, "", 1);
  check(board_value_read("path", space, sizeof space) == BOARD_VALUE_MISSING, "an empty one takes menuconfig's away");
  put("uid", NVS_TYPE_BLOB, "", 0);
  check(board_value_read("uid", space, sizeof space) == BOARD_VALUE_MISSING, "an empty blob is missing");
  put("key", NVS_TYPE_U8, "1", 1);
  check(
      board_value_read("key", space, sizeof space) == BOARD_VALUE_FAILED &&
          board_value_code() == ESP_ERR_NVS_TYPE_MISMATCH,
      "a number in the store is an error with its code");
}

static void test_size(void) {
  put("host", NVS_TYPE_STR, "12345678", 9);
  uint8_t exact[8];
  check(board_value_read("host", exact, 8) == 8 && memcmp(exact, "12345678", 8) == 0, "a string fits without its NUL");
  check(
      board_value_read("host", exact, 7) == BOARD_VALUE_TOO_LARGE && board_value_code() == 8,
      "one that does not fit is too large, and its size is told");
  char text[9];
  check(values_text("host", text, sizeof text) && strcmp(text, "12345678") == 0, "a C string needs one byte more");
  complaint_count = 0;
  check(!values_text("host", text, 8) && text[0] == 0 && complaint_count == 1, "one too long is said, and empty");
  check(!values_text("none", text, 8) && text[0] == 0 && complaint_count == 1, "a missing one is not said");
  put("sntp", NVS_TYPE_BLOB, "time\r\n", 6);
  check(values_text("sntp", text, sizeof text) && strcmp(text, "time") == 0, "a line end is no part of a C string");
}

static void test_writing(void) {
  check(board_value_write("boots", (const uint8_t *)"\x01\x02", 2) == 0, "a value is written");
  check(is_value("boots", "\x01\x02"), "and read back");
  set_result = ESP_ERR_NVS_NOT_ENOUGH_SPACE;
  check(board_value_write("boots", (const uint8_t *)"3", 1) == BOARD_VALUE_STORE_FULL, "a full store is told");
  set_result = 0x1234;
  check(
      board_value_write("boots", (const uint8_t *)"3", 1) == BOARD_VALUE_FAILED && board_value_code() == 0x1234,
      "another failure has its code");
  set_result = ESP_OK;
  check(board_value_write("boots", space, 65) == BOARD_VALUE_FAILED, "more than 64 bytes are refused");
  check(board_value_write("sixteen-bytes-ab", space, 1) == BOARD_VALUE_FAILED, "so is a key of more than 15");
}

int main(void) {
  check(board_value_write("boots", space, 1) == BOARD_VALUE_FAILED, "nothing is written before the store is open");
  check(is_value("port", "443"), "and menuconfig's values are there");
  values_start();
  check(complaint_count == 0 && erase_count == 0, "a store that opens is not erased");
  test_reading();
  test_size();
  test_writing();
  init_result = ESP_ERR_NVS_NEW_VERSION_FOUND;
  complaint_count = 0;
  values_start();
  check(erase_count == 1 && complaint_count == 1, "a store that cannot be read is erased, and that is said");
  check(is_value("port", "443"), "then menuconfig's values are there again");
  return check_finish();
}
