// From ESP-IDF's main task to the firmware, which stays in it.
#include "port.h"

void app_main(void) {
  values_start();
  watchdog_start();
  led_start();
  idle_start();
  network_start_stack();
  time_start();
  i2c_start();
  sensor_start();
  network_start_interface();
  system_report_start();
  firmware_main();
}
