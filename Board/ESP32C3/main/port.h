// What the files of this port share. Everything that the firmware sees is in board.h.
#ifndef PORT_H
#define PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "board.h"
#include "esp_err.h"

enum {
  // A host name and the NUL behind it.
  PORT_NAME_BYTES = 254,
};

// --- port_log.c

// As board_log, with printf's format; for lines of the port itself, from any task.
void port_log(board_log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

// --- port_values.c

// Opens the store. Before all that reads values.
void values_start(void);

// The value of `key` as a C string of at most `capacity` - 1 bytes; false, and an empty one, when there is none or it
// is too long, which has then been said.
bool values_text(const char *key, char *text, size_t capacity);

// --- port_idle.c

// Before anything that calls port_wake.
void idle_start(void);

// Ends the board_idle that is going on, or the next. From any task, not from an interrupt.
void port_wake(void);

// --- port_tcp.c

// The socket that board_idle has to watch, or -1.
int tcp_descriptor(void);

// Whether it is of interest when it becomes writable, because a connection is being made.
bool tcp_is_connecting(void);

// --- port_time.c

// Prepares SNTP. After network_start_stack.
void time_start(void);

// Asks for the time. From the event task, each time that an address has come.
void time_request(void);

// Says once when no answer has come for long.
void time_watch(uint64_t now_milliseconds);

// --- port_network.c

// Starts lwIP and the event task.
void network_start_stack(void);

// Starts what Kconfig chose: port_wifi.c or port_ethernet.c.
void network_start_interface(void);

// The link has changed. From the event task.
void network_set_link(board_link link);

// --- port_wifi.c or port_ethernet.c

// Brings the interface up, for ever; ESP_OK, or why it cannot be.
esp_err_t interface_start(void);

// --- port_led.c

void led_start(void);

// --- port_i2c.c and port_sensor.c

// Starts the bus of the sensors; what does not work is said.
void i2c_start(void);

// Whether somebody answers at this address.
bool i2c_probe(uint8_t address);

// Looks which sensor there is.
void sensor_start(void);

// Whether transfers go to the model of an SHTC3.
bool sensor_is_model(void);

// As board_i2c_transfer, with the model.
int32_t sensor_model_transfer(
    uint8_t address, const uint8_t *output, size_t output_count, uint8_t *input, size_t input_count);

// --- port_system.c

// Says why the board started and how much memory it has.
void system_report_start(void);

// Starts the watchdog for this task.
void watchdog_start(void);

#endif
