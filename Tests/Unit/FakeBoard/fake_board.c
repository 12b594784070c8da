#include "fake_board.h"

#include <string.h>

typedef struct value {
  char key[16];
  uint8_t bytes[FAKE_BOARD_VALUE_BYTES_MAX];
  size_t count;
  // Below 0: what reading it returns.
  int32_t result;
  int32_t code;
} value;

typedef struct line {
  board_log_level level;
  uint8_t bytes[FAKE_BOARD_LINE_BYTES_MAX];
  size_t count;
} line;

static fake_board board;
static value values[FAKE_BOARD_VALUES_MAX];
static size_t value_count;
static int32_t value_code;
static line lines[FAKE_BOARD_LINES_MAX];
static size_t line_count;
static const uint8_t *secret;

static size_t at_most(size_t count, size_t maximum) {
  return count < maximum ? count : maximum;
}

// --- The test's side

fake_board *fake_board_state(void) {
  return &board;
}

void fake_board_restart(void) {
  memset(&board, 0, sizeof board);
  board.now_milliseconds = 1000;
  board.idle_passes_time = true;
  board.secret_left_count = -1;
  value_count = 0;
  value_code = 0;
  line_count = 0;
  secret = NULL;
}

static value *find(const char *key) {
  for (size_t index = 0; index < value_count; index++) {
    if (strcmp(values[index].key, key) == 0) return &values[index];
  }
  return NULL;
}

static value *find_or_add(const char *key) {
  value *found = find(key);
  if (found != NULL || value_count == FAKE_BOARD_VALUES_MAX) return found;
  found = &values[value_count++];
  memset(found, 0, sizeof *found);
  strncpy(found->key, key, sizeof found->key - 1);
  return found;
}

void fake_board_set_value(const char *key, const uint8_t *bytes, size_t count) {
  value *entry = find_or_add(key);
  if (entry == NULL) return;
  entry->count = at_most(count, sizeof entry->bytes);
  if (entry->count > 0) memcpy(entry->bytes, bytes, entry->count);
  entry->result = 0;
}

void fake_board_fail_value(const char *key, int32_t result, int32_t code) {
  value *entry = find_or_add(key);
  if (entry == NULL) return;
  entry->result = result;
  entry->code = code;
}

int32_t fake_board_stored(const char *key, uint8_t *bytes, size_t capacity) {
  const value *entry = find(key);
  if (entry == NULL || entry->count > capacity) return -1;
  memcpy(bytes, entry->bytes, entry->count);
  return (int32_t)entry->count;
}

size_t fake_board_line_count(void) {
  return line_count;
}

board_log_level fake_board_line(size_t index, uint8_t *bytes, size_t *count) {
  const line *entry = &lines[index];
  memcpy(bytes, entry->bytes, entry->count);
  *count = entry->count;
  return entry->level;
}

// --- board.h

uint64_t board_monotonic_milliseconds(void) {
  return board.now_milliseconds;
}

bool board_wall_milliseconds(uint64_t *milliseconds) {
  if (board.knows_time) *milliseconds = board.wall_milliseconds;
  return board.knows_time;
}

int32_t board_random(uint8_t *bytes, size_t count) {
  if (board.random_code != 0) return board.random_code;
  for (size_t index = 0; index < count; index++) bytes[index] = (uint8_t)(0xA5 + 7 * index);
  return 0;
}

board_link board_link_state(void) {
  return board.link;
}

int32_t board_tcp_open(const uint8_t *host, size_t host_count, uint16_t port) {
  board.tcp_host_count = at_most(host_count, sizeof board.tcp_host);
  memcpy(board.tcp_host, host, board.tcp_host_count);
  board.tcp_port = port;
  return board.tcp_open_result;
}

int32_t board_tcp_status(void) {
  return board.tcp_status;
}

int32_t board_tcp_code(void) {
  return board.tcp_code;
}

int32_t board_tcp_read(uint8_t *bytes, size_t capacity) {
  if (board.tcp_read_result <= 0) return board.tcp_read_result;
  size_t count = at_most((size_t)board.tcp_read_result, capacity);
  memcpy(bytes, board.tcp_input, count);
  return (int32_t)count;
}

int32_t board_tcp_write(const uint8_t *bytes, size_t count) {
  (void)bytes;
  if (board.tcp_write_result <= 0) return board.tcp_write_result;
  return (int32_t)at_most((size_t)board.tcp_write_result, count);
}

void board_tcp_close(void) {
  board.tcp_close_count++;
}

int32_t board_i2c_transfer(
    uint8_t address, const uint8_t *output, size_t output_count, uint8_t *input, size_t input_count) {
  board.i2c_address = address;
  board.i2c_output_count = at_most(output_count, sizeof board.i2c_output);
  if (board.i2c_output_count > 0) memcpy(board.i2c_output, output, board.i2c_output_count);
  board.i2c_input_count = at_most(input_count, sizeof board.i2c_input);
  if (board.i2c_result == 0 && input_count > 0) memcpy(input, board.i2c_input, board.i2c_input_count);
  return board.i2c_result;
}

int32_t board_i2c_code(void) {
  return board.i2c_code;
}

board_sensor board_sensor_kind(void) {
  return board.sensor;
}

bool board_sensor_is_simulated(void) {
  return board.sensor_is_simulated;
}

int32_t board_chip_temperature(int32_t *millidegrees) {
  if (board.temperature_code == 0) *millidegrees = board.temperature_millidegrees;
  return board.temperature_code;
}

void board_show_status(board_status status) {
  board.status = status;
}

void board_log(board_log_level level, const uint8_t *text, size_t count) {
  if (line_count == FAKE_BOARD_LINES_MAX) return;
  line *entry = &lines[line_count++];
  entry->level = level;
  entry->count = at_most(count, sizeof entry->bytes);
  if (entry->count > 0) memcpy(entry->bytes, text, entry->count);
}

board_reset board_reset_reason(void) {
  return board.reset;
}

void board_watchdog_feed(void) {
  board.watchdog_feed_count++;
}

// A second passes at most, as board.h says.
void board_idle(uint64_t deadline_milliseconds, uint32_t wakes) {
  board.idle_count++;
  board.idle_deadline_milliseconds = deadline_milliseconds;
  board.idle_wakes = wakes;
  if (board.idle_passes_time && deadline_milliseconds > board.now_milliseconds) {
    uint64_t rest = deadline_milliseconds - board.now_milliseconds;
    board.now_milliseconds += rest < 1000 ? rest : 1000;
  }
  if (board.on_idle != NULL) board.on_idle(deadline_milliseconds);
}

// Looks where the value `key` was read to, at the next value that is asked for. That memory is no longer in use by then.
__attribute__((no_sanitize("address"))) static void look_for_secret(void) {
  const value *entry = find("key");
  if (secret == NULL || entry == NULL) return;
  board.secret_left_count = 0;
  for (size_t index = 0; index < entry->count; index++) board.secret_left_count += secret[index] == entry->bytes[index];
  secret = NULL;
}

int32_t board_value_read(const char *key, uint8_t *bytes, size_t capacity) {
  look_for_secret();
  const value *entry = find(key);
  if (entry == NULL) return BOARD_VALUE_MISSING;
  value_code = entry->code;
  if (entry->result < 0) return entry->result;
  if (entry->count > capacity) {
    value_code = (int32_t)entry->count;
    return BOARD_VALUE_TOO_LARGE;
  }
  if (entry->count > 0) memcpy(bytes, entry->bytes, entry->count);
  if (strcmp(key, "key") == 0) secret = bytes;
  return (int32_t)entry->count;
}

int32_t board_value_write(const char *key, const uint8_t *bytes, size_t count) {
  value_code = board.store_result;
  if (board.store_result != 0) return board.store_result;
  fake_board_set_value(key, bytes, count);
  return 0;
}

int32_t board_value_code(void) {
  return value_code;
}

board_attach_bundle board_trust_bundle(void) {
  return board.bundle;
}

void board_memory_usage(board_memory *memory) {
  *memory = board.memory;
}
