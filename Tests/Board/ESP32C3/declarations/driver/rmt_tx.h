// RMT as a sender.
#ifndef DRIVER_RMT_TX_H
#define DRIVER_RMT_TX_H

#include <stddef.h>

#include "driver/gpio.h"
#include "driver/rmt_encoder.h"

typedef struct rmt_channel *rmt_channel_handle_t;
typedef enum { RMT_CLK_SRC_DEFAULT = 4 } rmt_clock_source_t;

typedef struct {
  gpio_num_t gpio_num;
  rmt_clock_source_t clk_src;
  uint32_t resolution_hz;
  size_t mem_block_symbols;
  size_t trans_queue_depth;
  int intr_priority;
  struct {
    uint32_t invert_out : 1;
    uint32_t with_dma : 1;
  } flags;
} rmt_tx_channel_config_t;

typedef struct {
  int loop_count;
  struct {
    uint32_t eot_level : 1;
    uint32_t queue_nonblocking : 1;
  } flags;
} rmt_transmit_config_t;

esp_err_t rmt_new_tx_channel(const rmt_tx_channel_config_t *configuration, rmt_channel_handle_t *channel);
esp_err_t rmt_enable(rmt_channel_handle_t channel);
esp_err_t rmt_transmit(
    rmt_channel_handle_t channel, rmt_encoder_handle_t encoder, const void *bytes, size_t count,
    const rmt_transmit_config_t *configuration);

#endif
