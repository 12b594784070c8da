// Starting, staying alive, memory, trust.
#include "esp_chip_info.h"
#include "esp_heap_caps.h"
#include "esp_idf_version.h"
#include "esp_system.h"
#include "esp_task_wdt.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "port.h"
#include "sdkconfig.h"

#if CONFIG_MLES_CA_BUNDLE
#include "esp_crt_bundle.h"
#endif

// What was free of the heap when the firmware started: what is missing of it since, TLS and its connection have.
static uint32_t free_at_start;

board_reset board_reset_reason(void) {
  switch (esp_reset_reason()) {
    case ESP_RST_POWERON:
      return BOARD_RESET_POWER_ON;
    case ESP_RST_EXT:
    case ESP_RST_USB:
    case ESP_RST_JTAG:
      return BOARD_RESET_EXTERNAL;
    case ESP_RST_SW:
      return BOARD_RESET_SOFTWARE;
    case ESP_RST_PANIC:
    case ESP_RST_CPU_LOCKUP:
      return BOARD_RESET_TRAP;
    case ESP_RST_INT_WDT:
    case ESP_RST_TASK_WDT:
    case ESP_RST_WDT:
      return BOARD_RESET_WATCHDOG;
    case ESP_RST_BROWNOUT:
    case ESP_RST_PWR_GLITCH:
      return BOARD_RESET_BROWNOUT;
    default:
      return BOARD_RESET_UNKNOWN;
  }
}

void system_report_start(void) {
  esp_chip_info_t chip;
  esp_chip_info(&chip);
  free_at_start = (uint32_t)heap_caps_get_free_size(MALLOC_CAP_DEFAULT);
  port_log(
      BOARD_LOG_INFO,
      "board: %s, chip revision %u.%u, ESP-IDF %s, reset code %d, heap %lu bytes free, largest block %lu",
      CONFIG_MLES_BOARD_NAME, chip.revision / 100, chip.revision % 100, esp_get_idf_version(),
      (int)esp_reset_reason(), (unsigned long)free_at_start,
      (unsigned long)heap_caps_get_largest_free_block(MALLOC_CAP_DEFAULT));
}

// Only this task is watched, and only it feeds: an idle task that gets no time is no fault of a node that is busy.
void watchdog_start(void) {
  const esp_task_wdt_config_t configuration = {
      .timeout_ms = BOARD_WATCHDOG_MILLISECONDS,
      .idle_core_mask = 0,
      .trigger_panic = true,
  };
  esp_err_t status = esp_task_wdt_reconfigure(&configuration);
  if (status == ESP_ERR_INVALID_STATE) status = esp_task_wdt_init(&configuration);
  if (status == ESP_OK) status = esp_task_wdt_add(NULL);
  if (status != ESP_OK) port_log(BOARD_LOG_ERROR, "watchdog: does not start: %s", esp_err_to_name(status));
}

void board_watchdog_feed(void) {
  (void)esp_task_wdt_reset();
}

// TLS takes its memory from the heap that all share: what is told is what the heap has lost since the firmware's start.
void board_memory_usage(board_memory *memory) {
  uint32_t stack_size = CONFIG_ESP_MAIN_TASK_STACK_SIZE;
  uint32_t free_now = (uint32_t)heap_caps_get_free_size(MALLOC_CAP_DEFAULT);
  uint32_t free_least = (uint32_t)heap_caps_get_minimum_free_size(MALLOC_CAP_DEFAULT);
  memory->stack_size = stack_size;
  memory->stack_peak = stack_size - (uint32_t)uxTaskGetStackHighWaterMark(NULL);
  memory->tls_size = free_at_start;
  memory->tls_used = free_at_start > free_now ? free_at_start - free_now : 0;
  memory->tls_peak = free_at_start > free_least ? free_at_start - free_least : 0;
  port_log(
      BOARD_LOG_INFO, "memory: heap %lu bytes free, least %lu, largest block %lu", (unsigned long)free_now,
      (unsigned long)free_least, (unsigned long)heap_caps_get_largest_free_block(MALLOC_CAP_DEFAULT));
}

board_attach_bundle board_trust_bundle(void) {
#if CONFIG_MLES_CA_BUNDLE
  return esp_crt_bundle_attach;
#else
  return NULL;
#endif
}
