// A board for unit tests: board.h, with everything that it answers set by the test, and everything it was told kept.
#ifndef FAKE_BOARD_H
#define FAKE_BOARD_H

#include "../../../../Board/CBoard/board.h"

enum {
  FAKE_BOARD_VALUES_MAX = 16,
  FAKE_BOARD_VALUE_BYTES_MAX = 16384,
  FAKE_BOARD_LINES_MAX = 256,
  FAKE_BOARD_LINE_BYTES_MAX = 256,
  FAKE_BOARD_BYTES_MAX = 64,
};

typedef struct fake_board {
  // What the board answers.
  uint64_t now_milliseconds;
  uint64_t wall_milliseconds;
  bool knows_time;
  int32_t random_code;
  board_link link;
  int32_t tcp_open_result;
  int32_t tcp_status;
  int32_t tcp_code;
  // `tcp_read_result` bytes of `tcp_input`, when above 0.
  int32_t tcp_read_result;
  uint8_t tcp_input[FAKE_BOARD_BYTES_MAX];
  int32_t tcp_write_result;
  int32_t i2c_result;
  int32_t i2c_code;
  uint8_t i2c_input[FAKE_BOARD_BYTES_MAX];
  board_sensor sensor;
  bool sensor_is_simulated;
  int32_t temperature_code;
  int32_t temperature_millidegrees;
  board_reset reset;
  int32_t store_result;
  board_attach_bundle bundle;
  board_memory memory;
  // Whether `board_idle` lets the time pass; not where the clock stands still.
  bool idle_passes_time;
  // Called by `board_idle`, with its deadline; NULL for nothing.
  void (*on_idle)(uint64_t deadline_milliseconds);

  // What it was told.
  uint8_t tcp_host[256];
  size_t tcp_host_count;
  uint16_t tcp_port;
  unsigned tcp_close_count;
  uint8_t i2c_address;
  uint8_t i2c_output[FAKE_BOARD_BYTES_MAX];
  size_t i2c_output_count;
  size_t i2c_input_count;
  board_status status;
  unsigned watchdog_feed_count;
  unsigned idle_count;
  uint64_t idle_deadline_milliseconds;
  uint32_t idle_wakes;
  // How many bytes of the value `key` were left where it had been read to when the next value was asked for; -1 before.
  int32_t secret_left_count;
} fake_board;

// The one board there is.
fake_board *fake_board_state(void);

// A board that has just been switched on, with nothing configured.
void fake_board_restart(void);

// What `board_value_read` finds.
void fake_board_set_value(const char *key, const uint8_t *bytes, size_t count);
// What it returns instead, and the code behind it.
void fake_board_fail_value(const char *key, int32_t result, int32_t code);
// What `board_value_write` was given: its size, or -1.
int32_t fake_board_stored(const char *key, uint8_t *bytes, size_t capacity);

// The lines logged.
size_t fake_board_line_count(void);
board_log_level fake_board_line(size_t index, uint8_t *bytes, size_t *count);

#endif
