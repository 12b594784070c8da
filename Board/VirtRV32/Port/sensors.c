#include "sensors.h"

#include <string.h>

#include "../../Models/shtc3_model.h"
#include "../../Models/weather_table.h"
#include "../Drivers/configuration.h"
#include "../Drivers/console.h"
#include "../Start/cpu.h"
#include "board.h"

// Codes of `board_chip_temperature`.
enum {
  CHIP_NO_SENSOR = 1,
};

enum {
  TICKS_PER_MICROSECOND = CPU_TICKS_PER_MILLISECOND / 1000,
};

// The 15th of July, hour by hour, from Simulator/Data/greensboro-tmy3-hourly.csv.
static const char summer_day[] =
    "temperature_c,relative_humidity_pct\n"
    "23.9,76\n23.3,74\n22.8,76\n21.7,81\n21.1,81\n20.6,84\n22.2,73\n23.9,60\n"
    "24.4,58\n25.6,56\n26.7,54\n28.3,51\n29.4,48\n30.0,48\n31.1,45\n32.2,42\n"
    "32.2,42\n29.4,53\n27.8,56\n26.1,62\n25.0,67\n24.4,66\n23.9,66\n23.9,66\n";

static weather_table weather;
static board_sensor kind;
static shtc3_model shtc3;
static uint32_t chip_reading_count;

static shtc3_climate climate_of_row(void *context, uint32_t row) {
  (void)context;
  return weather_table_row(&weather, row);
}

static uint64_t now_microseconds(void) {
  return cpu_time() / TICKS_PER_MICROSECOND;
}

static bool is_text(const uint8_t *bytes, size_t count, const char *text) {
  return count == strlen(text) && memcmp(bytes, text, count) == 0;
}

static void log_bad_value(const char *key, const char *expected) {
  console_begin(BOARD_LOG_WARNING);
  console_text("configuration: ");
  console_text(key);
  console_text(": expected ");
  console_text(expected);
  console_end();
}

static void start_weather(void) {
  const uint8_t *bytes;
  size_t count;
  uint32_t line;
  if (configuration_find("weather", &bytes, &count)) {
    weather_fault fault = weather_table_open(&weather, bytes, count, &line);
    if (fault == WEATHER_OK) return;
    console_begin(BOARD_LOG_WARNING);
    console_text("configuration: weather: line ");
    console_decimal(line);
    console_text(": ");
    console_text(weather_fault_text(fault));
    console_text("; a summer day instead");
    console_end();
  }
  weather_table_open(&weather, (const uint8_t *)summer_day, sizeof summer_day - 1, &line);
}

static void start_kind(void) {
  const uint8_t *bytes;
  size_t count;
  kind = BOARD_SENSOR_SHTC3;
  if (!configuration_find("sensor", &bytes, &count) || is_text(bytes, count, "shtc3")) return;
  if (is_text(bytes, count, "chip")) {
    kind = BOARD_SENSOR_CHIP;
  } else {
    log_bad_value("sensor", "shtc3 or chip; shtc3 it is");
  }
}

void sensors_start(void) {
  const uint8_t *bytes;
  size_t count;
  start_weather();
  start_kind();
  shtc3_faults faults = {0};
  if (configuration_find("sensor-fault", &bytes, &count) && !shtc3_faults_parse(&faults, bytes, count)) {
    log_bad_value("sensor-fault", "absent, absent:N, crc or crc:N; none it is");
  }
  shtc3_model_start(&shtc3, now_microseconds(), climate_of_row, NULL, faults);
}

board_sensor board_sensor_kind(void) {
  return kind;
}

bool board_sensor_is_simulated(void) {
  return true;
}

int32_t board_chip_temperature(int32_t *millidegrees) {
  if (kind != BOARD_SENSOR_CHIP) return CHIP_NO_SENSOR;
  *millidegrees = weather_table_row(&weather, chip_reading_count++).temperature;
  return 0;
}

// The bus takes no time, and is never stuck.
int32_t board_i2c_transfer(
    uint8_t address, const uint8_t *output, size_t output_count, uint8_t *input, size_t input_count) {
  if (address != SHTC3_MODEL_ADDRESS || kind != BOARD_SENSOR_SHTC3) return BOARD_I2C_NOT_ACKNOWLEDGED;
  uint64_t now = now_microseconds();
  if (output_count > 0 && !shtc3_model_write(&shtc3, now, output, output_count)) return BOARD_I2C_NOT_ACKNOWLEDGED;
  if (input_count > 0 && !shtc3_model_read(&shtc3, now, input, input_count)) return BOARD_I2C_NOT_ACKNOWLEDGED;
  return BOARD_I2C_DONE;
}

int32_t board_i2c_code(void) {
  return 0;
}
