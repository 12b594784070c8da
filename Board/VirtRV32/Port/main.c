// From start.S to the firmware.
#include "../Drivers/configuration.h"
#include "../Drivers/console.h"
#include "../Drivers/uart.h"
#include "../Drivers/virtio_rng.h"
#include "../Start/reset.h"
#include "../Start/trap.h"
#include "../Start/watchdog.h"
#include "../TLS/tls.h"
#include "network.h"
#include "sensors.h"
#include "values.h"

static const char *reset_text(board_reset reason) {
  switch (reason) {
  case BOARD_RESET_POWER_ON: return "power on";
  case BOARD_RESET_EXTERNAL: return "a reset from outside";
  case BOARD_RESET_SOFTWARE: return "a restart";
  case BOARD_RESET_TRAP: return "a trap";
  case BOARD_RESET_WATCHDOG: return "the watchdog";
  case BOARD_RESET_BROWNOUT: return "brownout";
  case BOARD_RESET_UNKNOWN: break;
  }
  return "unknown";
}

static void log_start(void) {
  reset_cause last = reset_last();
  console_begin(BOARD_LOG_INFO);
  console_text("board: QEMU virt, rv32imc; started by ");
  console_text(reset_text(last.reason));
  if (last.reason == BOARD_RESET_TRAP) {
    console_text(": ");
    console_text(last.is_stack_overflow ? "stack overflow" : trap_cause_text(last.cause));
  }
  if (last.reason == BOARD_RESET_TRAP || last.reason == BOARD_RESET_WATCHDOG) {
    console_text(" at ");
    console_hexadecimal(last.program_counter);
  }
  console_end();
}

// A device that is missing is a line in the log; the board goes on without it as far as it can.
int main(void) {
  uart_start();
  reset_start();
  log_start();
  watchdog_start();
  configuration_start();
  values_start();
  virtio_rng_start();
  sensors_start();
  tls_start();
  network_start();
  firmware_main();
  console_line(BOARD_LOG_ERROR, "the firmware has ended");
  reset_remember((reset_cause){.reason = BOARD_RESET_SOFTWARE});
  reset_board();
}
