// The chip's own thermometer.
#ifndef DRIVER_TEMPERATURE_SENSOR_H
#define DRIVER_TEMPERATURE_SENSOR_H

#include "esp_err.h"

typedef struct temperature_sensor *temperature_sensor_handle_t;

typedef struct {
  int range_min;
  int range_max;
  int clk_src;
} temperature_sensor_config_t;

#define TEMPERATURE_SENSOR_CONFIG_DEFAULT(low, high) {.range_min = low, .range_max = high, .clk_src = 0}

esp_err_t temperature_sensor_install(const temperature_sensor_config_t *configuration, temperature_sensor_handle_t *t);
esp_err_t temperature_sensor_enable(temperature_sensor_handle_t thermometer);
esp_err_t temperature_sensor_get_celsius(temperature_sensor_handle_t thermometer, float *celsius);

#endif
