// The status LED: a WS2812 driven by RMT, or a plain one.
#include "esp_timer.h"
#include "port.h"
#include "sdkconfig.h"
#include "status_colours.h"

#if CONFIG_MLES_LED_WS2812
#include "driver/rmt_encoder.h"
#include "driver/rmt_tx.h"
#elif CONFIG_MLES_LED_PLAIN
#include "driver/gpio.h"
#endif

#if CONFIG_MLES_LED_WS2812 || CONFIG_MLES_LED_PLAIN

enum {
  // The LED is looked after this often.
  TICK_MICROSECONDS = 250000,
  // Half a second on, half a second off.
  BLINK_TICKS = 2,
};

// Written by the firmware's task, read by the timer's.
static volatile board_status shown = BOARD_STATUS_STARTING;

static bool is_lit(uint32_t tick, uint32_t ticks_each) {
  return tick / ticks_each % 2 == 0;
}
#endif

#if CONFIG_MLES_LED_WS2812

enum {
  RESOLUTION_HZ = 10000000,
  // In ticks of 0.1 us: a 0 is short, a 1 is long, both take 1.2 us.
  SHORT_TICKS = 3,
  LONG_TICKS = 9,
  // The RMT memory of one channel: the 24 symbols fit without being filled up on the way.
  SYMBOLS = 48,
  // Of full brightness, which is hard to look at: 1 in this many.
  DIMMING = 12,
  COLOUR_BYTES = 3,
};

static rmt_channel_handle_t channel;
static rmt_encoder_handle_t encoder;

static esp_err_t output_start(void) {
  const rmt_tx_channel_config_t channel_configuration = {
      .gpio_num = CONFIG_MLES_LED_GPIO,
      .clk_src = RMT_CLK_SRC_DEFAULT,
      .resolution_hz = RESOLUTION_HZ,
      .mem_block_symbols = SYMBOLS,
      .trans_queue_depth = 1,
  };
  const rmt_bytes_encoder_config_t encoder_configuration = {
      .bit0 = {.level0 = 1, .duration0 = SHORT_TICKS, .level1 = 0, .duration1 = LONG_TICKS},
      .bit1 = {.level0 = 1, .duration0 = LONG_TICKS, .level1 = 0, .duration1 = SHORT_TICKS},
      .flags.msb_first = 1,
  };
  esp_err_t status = rmt_new_tx_channel(&channel_configuration, &channel);
  if (status == ESP_OK) status = rmt_new_bytes_encoder(&encoder_configuration, &encoder);
  if (status == ESP_OK) status = rmt_enable(channel);
  return status;
}

// Sends the colour, which takes 30 us and is not waited for. The quarter of a second until the next one is far more
// than the pause that makes the LED take it over.
static void on_tick(void *context) {
  (void)context;
  static uint32_t tick;
  static uint8_t bytes[COLOUR_BYTES];
  static bool is_drawn;
  status_colour colour = status_colour_of(shown);
  bool is_on = !colour.is_blinking || is_lit(tick++, BLINK_TICKS);
  uint8_t green = is_on ? colour.green / DIMMING : 0;
  uint8_t red = is_on ? colour.red / DIMMING : 0;
  uint8_t blue = is_on ? colour.blue / DIMMING : 0;
  if (is_drawn && bytes[0] == green && bytes[1] == red && bytes[2] == blue) return;
  bytes[0] = green;
  bytes[1] = red;
  bytes[2] = blue;
  const rmt_transmit_config_t transmission = {.flags.queue_nonblocking = 1};
  is_drawn = rmt_transmit(channel, encoder, bytes, sizeof bytes, &transmission) == ESP_OK;
}

#elif CONFIG_MLES_LED_PLAIN

static esp_err_t output_start(void) {
  esp_err_t status = gpio_reset_pin(CONFIG_MLES_LED_GPIO);
  if (status == ESP_OK) status = gpio_set_direction(CONFIG_MLES_LED_GPIO, GPIO_MODE_OUTPUT);
  return status;
}

// On: joined. Slow: on the way. Fast: somebody has to look after the board.
static void on_tick(void *context) {
  (void)context;
  static uint32_t tick;
  tick++;
  board_status status = shown;
  bool needs_care = status == BOARD_STATUS_STOPPED || status == BOARD_STATUS_SENSOR_FAULT;
  bool is_on = status == BOARD_STATUS_JOINED || is_lit(tick, needs_care ? 1 : BLINK_TICKS);
  (void)gpio_set_level(CONFIG_MLES_LED_GPIO, is_on ? 1 : 0);
}
#endif

#if CONFIG_MLES_LED_WS2812 || CONFIG_MLES_LED_PLAIN

void led_start(void) {
  static esp_timer_handle_t timer;
  const esp_timer_create_args_t configuration = {.callback = on_tick, .name = "led"};
  esp_err_t status = output_start();
  if (status == ESP_OK) status = esp_timer_create(&configuration, &timer);
  if (status == ESP_OK) status = esp_timer_start_periodic(timer, TICK_MICROSECONDS);
  if (status != ESP_OK) port_log(BOARD_LOG_WARNING, "led: does not start: %s", esp_err_to_name(status));
}

void board_show_status(board_status status) {
  shown = status;
}
#else

void led_start(void) {}

// No LED: its colour goes to the console, for those who want to see everything.
void board_show_status(board_status status) {
  static board_status shown = BOARD_STATUS_STOPPED;
  if (shown == status) return;
  shown = status;
  port_log(BOARD_LOG_DEBUG, "led: %s", status_colour_of(status).name);
}
#endif
