// Where readings come from.
#include "driver/temperature_sensor.h"
#include "esp_timer.h"
#include "port.h"
#include "sdkconfig.h"

#if CONFIG_MLES_SENSOR_MODEL
#include "shtc3_model.h"
#endif

enum {
  // Where the chip's thermometer measures best, in degrees Celsius (one of its ranges: the error is below 1 degree).
  CHIP_RANGE_MIN = -10,
  CHIP_RANGE_MAX = 80,
};

#if CONFIG_MLES_SENSOR_CHIP

static temperature_sensor_handle_t thermometer;
static esp_err_t thermometer_status = ESP_ERR_INVALID_STATE;

void sensor_start(void) {
  const temperature_sensor_config_t configuration = TEMPERATURE_SENSOR_CONFIG_DEFAULT(CHIP_RANGE_MIN, CHIP_RANGE_MAX);
  thermometer_status = temperature_sensor_install(&configuration, &thermometer);
  if (thermometer_status == ESP_OK) thermometer_status = temperature_sensor_enable(thermometer);
  if (thermometer_status == ESP_OK) return;
  port_log(BOARD_LOG_ERROR, "sensor: the chip's thermometer does not start: %s", esp_err_to_name(thermometer_status));
}

board_sensor board_sensor_kind(void) {
  return BOARD_SENSOR_CHIP;
}

int32_t board_chip_temperature(int32_t *millidegrees) {
  if (thermometer_status != ESP_OK) return thermometer_status;
  float celsius = 0;
  esp_err_t status = temperature_sensor_get_celsius(thermometer, &celsius);
  if (status == ESP_OK) *millidegrees = (int32_t)(celsius * 1000.0f);
  return status;
}

#else

board_sensor board_sensor_kind(void) {
  return BOARD_SENSOR_SHTC3;
}

// The board has a better one, and nobody asks.
int32_t board_chip_temperature(int32_t *millidegrees) {
  (void)millidegrees;
  return ESP_ERR_NOT_SUPPORTED;
}
#endif

#if CONFIG_MLES_SENSOR_MODEL

enum { HOURS = 24 };

static shtc3_model model;
static bool is_model;

// A day in July, hour by hour, in tenths of a degree and percent: Simulator/Data/greensboro-tmy3-hourly.csv.
static shtc3_climate climate_of_hour(void *context, uint32_t delivered_count) {
  (void)context;
  static const int16_t tenths[HOURS] = {239, 233, 228, 217, 211, 206, 222, 239, 244, 256, 267, 283,
                                        294, 300, 311, 322, 322, 294, 278, 261, 250, 244, 239, 239};
  static const uint8_t percent[HOURS] = {76, 74, 76, 81, 81, 84, 73, 60, 58, 56, 54, 51,
                                         48, 48, 45, 42, 42, 53, 56, 62, 67, 66, 66, 66};
  uint32_t hour = delivered_count % HOURS;
  return (shtc3_climate){.temperature = tenths[hour] * 100, .humidity = percent[hour] * 1000};
}

static uint64_t now_microseconds(void) {
  return (uint64_t)esp_timer_get_time();
}

void sensor_start(void) {
  is_model = !i2c_probe(SHTC3_MODEL_ADDRESS);
  if (!is_model) return;
  port_log(BOARD_LOG_WARNING, "sensor: nobody on the I2C bus; readings are simulated, and say so");
  shtc3_model_start(&model, now_microseconds(), climate_of_hour, NULL, (shtc3_faults){0});
}

bool sensor_is_model(void) {
  return is_model;
}

// The bus takes no time, and is never stuck.
int32_t sensor_model_transfer(
    uint8_t address, const uint8_t *output, size_t output_count, uint8_t *input, size_t input_count) {
  if (address != SHTC3_MODEL_ADDRESS) return BOARD_I2C_NOT_ACKNOWLEDGED;
  uint64_t now = now_microseconds();
  if (output_count > 0 && !shtc3_model_write(&model, now, output, output_count)) return BOARD_I2C_NOT_ACKNOWLEDGED;
  if (input_count > 0 && !shtc3_model_read(&model, now, input, input_count)) return BOARD_I2C_NOT_ACKNOWLEDGED;
  return BOARD_I2C_DONE;
}

#else

#if CONFIG_MLES_SENSOR_SHTC3
void sensor_start(void) {}
#endif

bool sensor_is_model(void) {
  return false;
}

int32_t sensor_model_transfer(
    uint8_t address, const uint8_t *output, size_t output_count, uint8_t *input, size_t input_count) {
  (void)address, (void)output, (void)output_count, (void)input, (void)input_count;
  return BOARD_I2C_FAILED;
}
#endif

bool board_sensor_is_simulated(void) {
  return sensor_is_model();
}
