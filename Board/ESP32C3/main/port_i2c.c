// The I2C bus of the sensors.
#include "driver/gpio.h"
#include "driver/i2c_master.h"
#include "esp_log.h"
#include "port.h"
#include "sdkconfig.h"

static int32_t last_code;

int32_t board_i2c_code(void) {
  return last_code;
}

#if CONFIG_MLES_SENSOR_SHTC3

enum {
  CLOCK_HZ = 100000,
  // The driver waits for so long at most, twice when it has to free the bus.
  TIMEOUT_MILLISECONDS = 10,
  GLITCH_CYCLES = 7,
};

static i2c_master_bus_handle_t bus;
static i2c_master_dev_handle_t device;
static uint8_t device_address;

void i2c_start(void) {
  // The driver has a line of its own for each transfer that nobody answers; the firmware says so once.
  esp_log_level_set("i2c.master", ESP_LOG_NONE);
  const i2c_master_bus_config_t configuration = {
      .i2c_port = -1,
      .sda_io_num = CONFIG_MLES_I2C_SDA_GPIO,
      .scl_io_num = CONFIG_MLES_I2C_SCL_GPIO,
      .clk_source = I2C_CLK_SRC_DEFAULT,
      .glitch_ignore_cnt = GLITCH_CYCLES,
      .flags.enable_internal_pullup = true,
  };
  esp_err_t status = i2c_new_master_bus(&configuration, &bus);
  if (status == ESP_OK) return;
  bus = NULL;
  last_code = status;
  port_log(BOARD_LOG_ERROR, "i2c: does not start: %s; no sensor can be read", esp_err_to_name(status));
}

bool i2c_probe(uint8_t address) {
  return bus != NULL && i2c_master_probe(bus, address, TIMEOUT_MILLISECONDS) == ESP_OK;
}

// The driver's handle for the device at `address`.
static esp_err_t select_device(uint8_t address) {
  if (device != NULL && device_address == address) return ESP_OK;
  if (device != NULL) (void)i2c_master_bus_rm_device(device);
  device = NULL;
  const i2c_device_config_t configuration = {
      .dev_addr_length = I2C_ADDR_BIT_LEN_7,
      .device_address = address,
      .scl_speed_hz = CLOCK_HZ,
  };
  device_address = address;
  return i2c_master_bus_add_device(bus, &configuration, &device);
}

// The driver has the same code for a device that does not answer and a bus that is held; the lines tell them apart.
static bool is_bus_held(void) {
  return gpio_get_level(CONFIG_MLES_I2C_SDA_GPIO) == 0 || gpio_get_level(CONFIG_MLES_I2C_SCL_GPIO) == 0;
}

static int32_t result_of(esp_err_t status) {
  last_code = status;
  switch (status) {
    case ESP_OK:
      return BOARD_I2C_DONE;
    case ESP_ERR_TIMEOUT:
      return BOARD_I2C_STUCK;
    case ESP_ERR_INVALID_STATE:
    case ESP_ERR_INVALID_RESPONSE:
    case ESP_ERR_NOT_FOUND:
      return is_bus_held() ? BOARD_I2C_STUCK : BOARD_I2C_NOT_ACKNOWLEDGED;
    default:
      return BOARD_I2C_FAILED;
  }
}

int32_t board_i2c_transfer(
    uint8_t address, const uint8_t *output, size_t output_count, uint8_t *input, size_t input_count) {
  if (sensor_is_model()) return sensor_model_transfer(address, output, output_count, input, input_count);
  if (bus == NULL) return BOARD_I2C_FAILED;
  esp_err_t status = select_device(address);
  if (status != ESP_OK) return result_of(status);
  if (output_count > 0 && input_count > 0) {
    status = i2c_master_transmit_receive(device, output, output_count, input, input_count, TIMEOUT_MILLISECONDS);
  } else if (output_count > 0) {
    status = i2c_master_transmit(device, output, output_count, TIMEOUT_MILLISECONDS);
  } else if (input_count > 0) {
    status = i2c_master_receive(device, input, input_count, TIMEOUT_MILLISECONDS);
  } else {
    status = i2c_master_probe(bus, address, TIMEOUT_MILLISECONDS);
  }
  return result_of(status);
}

#else

void i2c_start(void) {}

bool i2c_probe(uint8_t address) {
  (void)address;
  return false;
}

// This board has no bus.
int32_t board_i2c_transfer(
    uint8_t address, const uint8_t *output, size_t output_count, uint8_t *input, size_t input_count) {
  (void)address, (void)output, (void)output_count, (void)input, (void)input_count;
  last_code = ESP_ERR_NOT_SUPPORTED;
  return BOARD_I2C_FAILED;
}
#endif
