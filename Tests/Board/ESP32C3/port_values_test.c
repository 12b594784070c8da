// port_values.c over two partitions in memory.
#include <stdarg.h>
#include <string.h>

#include "check.h"
#include "nvs_flash.h"
#include "port.h"

// Handles of the namespace in each partition.
enum { SETTINGS = 1, MEMORY = 2 };
enum { ENTRIES_MAX = 16, VALUE_BYTES_MAX = 4096 };

typedef struct entry {
  nvs_handle_t store;
  char key[16];
  nvs_type_t type;
  uint8_t value[VALUE_BYTES_MAX];
  size_t count;
} entry;

static entry entries[ENTRIES_MAX];
static size_t entry_count;
static esp_err_t init_results[MEMORY + 1];
static bool has_settings = true;
static esp_err_t set_result;
static int write_count;
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

esp_err_t nvs_flash_init(void) { return init_results[MEMORY]; }

esp_err_t nvs_flash_init_partition(const char *partition) {
  return strcmp(partition, "settings") == 0 ? init_results[SETTINGS] : ESP_ERR_NOT_FOUND;
}

esp_err_t nvs_open_from_partition(
    const char *partition, const char *name, nvs_open_mode_t mode, nvs_handle_t *handle) {
  bool is_settings = strcmp(partition, "settings") == 0;
  if (strcmp(name, "mles") != 0 || mode != (is_settings ? NVS_READONLY : NVS_READWRITE)) return ESP_ERR_INVALID_ARG;
  if (is_settings && !has_settings) return ESP_ERR_NVS_NOT_FOUND;
  *handle = is_settings ? SETTINGS : MEMORY;
  return ESP_OK;
}

static entry *find(nvs_handle_t store, const char *key) {
  for (size_t index = 0; index < entry_count; index++) {
    if (entries[index].store == store && strcmp(entries[index].key, key) == 0) return &entries[index];
  }
  return NULL;
}

static void put_into(nvs_handle_t store, const char *key, nvs_type_t type, const void *value, size_t count) {
  entry *place = find(store, key);
  if (place == NULL) place = &entries[entry_count++];
  place->store = store;
  strcpy(place->key, key);
  place->type = type;
  memcpy(place->value, value, count);
  place->count = count;
}

static void put(const char *key, nvs_type_t type, const void *value, size_t count) {
  put_into(SETTINGS, key, type, value, count);
}

esp_err_t nvs_find_key(nvs_handle_t handle, const char *key, nvs_type_t *type) {
  const entry *found = find(handle, key);
  if (handle != SETTINGS && handle != MEMORY) return ESP_ERR_NVS_INVALID_HANDLE;
  if (found == NULL) return ESP_ERR_NVS_NOT_FOUND;
  if (type != NULL) *type = found->type;
  return ESP_OK;
}

static esp_err_t get(nvs_handle_t handle, const char *key, nvs_type_t type, void *value, size_t *count) {
  const entry *found = find(handle, key);
  if (found == NULL || found->type != type) return ESP_ERR_NVS_NOT_FOUND;
  if (value != NULL && *count < found->count) return ESP_ERR_NVS_INVALID_LENGTH;
  if (value != NULL) memcpy(value, found->value, found->count);
  *count = found->count;
  return ESP_OK;
}

esp_err_t nvs_get_str(nvs_handle_t handle, const char *key, char *value, size_t *count) {
  return get(handle, key, NVS_TYPE_STR, value, count);
}

esp_err_t nvs_get_blob(nvs_handle_t handle, const char *key, void *value, size_t *count) {
  return get(handle, key, NVS_TYPE_BLOB, value, count);
}

esp_err_t nvs_set_blob(nvs_handle_t handle, const char *key, const void *value, size_t count) {
  if (handle != MEMORY) return ESP_ERR_NVS_INVALID_HANDLE;
  if (set_result != ESP_OK) return set_result;
  write_count++;
  put_into(MEMORY, key, NVS_TYPE_BLOB, value, count);
  return ESP_OK;
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
  check(
      board_value_write("boots", space, 65) == BOARD_VALUE_TOO_LARGE && board_value_code() == 65,
      "more than 64 bytes are too large, and their count is told");
  check(board_value_write("sixteen-bytes-ab", space, 1) == BOARD_VALUE_FAILED, "so is a key of more than 15");
}

static void test_order(void) {
  put_into(MEMORY, "channel", NVS_TYPE_STR, "from nvs", 9);
  check(is_value("channel", "from nvs"), "a setting in the partition nvs is used");
  put("channel", NVS_TYPE_STR, "garden", 7);
  check(is_value("channel", "garden"), "one in the partition settings comes before it");
  put("channel", NVS_TYPE_STR, "", 1);
  check(board_value_read("channel", space, sizeof space) == BOARD_VALUE_MISSING, "an empty one takes it away");
  put("channel", NVS_TYPE_STR, "garden", 7);
}

static void start_again(esp_err_t settings_result, esp_err_t memory_result) {
  init_results[SETTINGS] = settings_result;
  init_results[MEMORY] = memory_result;
  complaint_count = 0;
  values_start();
}

static void test_unreadable(void) {
  const size_t stored_count = entry_count;
  const int written_count = write_count;
  start_again(ESP_OK, ESP_ERR_NVS_NO_FREE_PAGES);
  check(complaint_count == 1, "a partition nvs that cannot be used is said");
  check(is_value("channel", "garden"), "settings are still read");
  check(
      board_value_write("boots", space, 1) == BOARD_VALUE_FAILED && board_value_code() == ESP_ERR_NVS_INVALID_HANDLE,
      "nothing is stored");
  check(is_value("interval", "10000"), "and menuconfig's values are there");
  start_again(ESP_ERR_NVS_NEW_VERSION_FOUND, ESP_OK);
  check(complaint_count == 1, "a partition settings that cannot be read is said");
  check(is_value("channel", "from nvs") && is_value("port", "443"), "what is behind it is used");
  check(board_value_write("boots", (const uint8_t *)"4", 1) == 0, "values are still stored");
  has_settings = false;
  start_again(ESP_OK, ESP_OK);
  check(complaint_count == 0 && is_value("port", "443"), "a blank partition settings is no fault");
  has_settings = true;
  start_again(ESP_OK, ESP_OK);
  check(complaint_count == 0 && is_value("port", "8443"), "what could not be read for a while is there again");
  check(entry_count == stored_count && write_count == written_count + 1, "nothing was lost or written meanwhile");
}

int main(void) {
  check(board_value_write("boots", space, 1) == BOARD_VALUE_FAILED, "nothing is written before the store is open");
  check(is_value("port", "443"), "and menuconfig's values are there");
  start_again(ESP_OK, ESP_OK);
  check(complaint_count == 0, "partitions that open are nothing to speak of");
  test_reading();
  test_size();
  test_writing();
  test_order();
  test_unreadable();
  return check_finish();
}
