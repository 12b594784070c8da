// The whole contract between the firmware (Swift, Board/Firmware) and a board (C: Board/VirtRV32, Board/ESP32C3).
//
// The firmware calls these functions from one thread; none of them waits, except `board_idle`, which is there for it,
// and those that say so. Times are in milliseconds. Text is UTF-8 without a NUL behind it: pointer and count.
// A `code` is the board's own number (errno, err_t, esp_err_t); it is shown to people and never looked at.
#ifndef BOARD_H
#define BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// --- Time

// Milliseconds since the board started; never goes back, does not wrap.
uint64_t board_monotonic_milliseconds(void);

// UTC in milliseconds since 1970-01-01 into `milliseconds`; false, and nothing written, as long as the board does not
// know the time (no SNTP answer yet, a clock that has lost it). Certificates cannot be checked before it does.
bool board_wall_milliseconds(uint64_t *milliseconds);

// --- Randomness

// Fills `bytes` with what an attacker cannot predict; 0, or a code when the generator does not answer, and then no
// byte may be used. May wait for the generator up to 2 ms for 32 bytes.
int32_t board_random(uint8_t *bytes, size_t count);

// --- Network

typedef enum board_link {
  // No carrier, or not associated with an access point.
  BOARD_LINK_DOWN = 0,
  // Carrier, but no address yet (DHCP).
  BOARD_LINK_ACQUIRING_ADDRESS = 1,
  BOARD_LINK_UP = 2,
} board_link;

// Whether packets can leave. The board brings the link up by itself, and up again when it is lost.
board_link board_link_state(void);

// One TCP connection, used again for the next after `board_tcp_close`.
typedef enum board_tcp {
  BOARD_TCP_CLOSED = 0,
  // The name is being looked up.
  BOARD_TCP_RESOLVING = 1,
  // The address is known and has not answered yet.
  BOARD_TCP_CONNECTING = 2,
  BOARD_TCP_CONNECTED = 3,
  // Failures, all below 0. `board_tcp_code` says more.
  // The host name is empty or longer than 253 bytes.
  BOARD_TCP_INVALID_HOST = -1,
  // No address for this name: it does not exist, or no name server answered.
  BOARD_TCP_NAME_NOT_FOUND = -2,
  // The peer answered that nothing listens there.
  BOARD_TCP_REFUSED = -3,
  // No way to the peer's network or host.
  BOARD_TCP_UNREACHABLE = -4,
  // The peer did not answer in the time that the network stack allows.
  BOARD_TCP_TIMED_OUT = -5,
  // The peer or the network cut the connection (RST).
  BOARD_TCP_RESET = -6,
  // The call makes no sense in this state.
  BOARD_TCP_NOT_CONNECTED = -7,
  // No socket, port or memory left.
  BOARD_TCP_OUT_OF_RESOURCES = -8,
  // Anything else.
  BOARD_TCP_FAILED = -9,
  // Only from `board_tcp_read`: the peer has ended its side (FIN) and all it sent has been read.
  BOARD_TCP_END = -10,
} board_tcp;

// Starts name resolution, then the connection; `host` is a DNS name or an IPv4 address. Closes first what was open.
// 0, or a failure.
int32_t board_tcp_open(const uint8_t *host, size_t host_count, uint16_t port);

// How far the connection has come, or the failure that ended it; the same until it is closed.
int32_t board_tcp_status(void);

// The code behind the last failure, 0 when there is none.
int32_t board_tcp_code(void);

// Takes at most `capacity` of the bytes that have arrived (`capacity` > 0). Their count, 0 when there are none now,
// BOARD_TCP_END, or a failure.
int32_t board_tcp_read(uint8_t *bytes, size_t capacity);

// Hands over as many of `count` bytes as there is room for: their number, 0 when there is no room now, or a failure.
int32_t board_tcp_write(const uint8_t *bytes, size_t count);

// Ends the connection; bytes handed over before may still be delivered. Harmless when nothing is open.
void board_tcp_close(void);

// --- Sensors

typedef enum board_i2c {
  BOARD_I2C_DONE = 0,
  // Nobody answered at this address, or it is busy.
  BOARD_I2C_NOT_ACKNOWLEDGED = -1,
  // The clock was held down too long, or a line is stuck.
  BOARD_I2C_STUCK = -2,
  // Anything else; `board_i2c_code` says more.
  BOARD_I2C_FAILED = -3,
} board_i2c;

// One transfer on the sensors' I2C bus, 7-bit address: START, address + write and `output` if `output_count` > 0, then
// (repeated) START, address + read and `input` if `input_count` > 0, STOP. Takes as long as the bits do, 0.1 ms for
// each byte at 100 kHz, and at most 20 ms when the bus is held.
int32_t board_i2c_transfer(
    uint8_t address, const uint8_t *output, size_t output_count, uint8_t *input, size_t input_count);

// The code behind the last BOARD_I2C_FAILED.
int32_t board_i2c_code(void);

// The sensor that readings come from.
typedef enum board_sensor {
  // An SHTC3 at address 0x70 of the I2C bus: temperature and humidity.
  BOARD_SENSOR_SHTC3 = 0,
  // The chip's own thermometer, `board_chip_temperature`: no humidity.
  BOARD_SENSOR_CHIP = 1,
} board_sensor;

board_sensor board_sensor_kind(void);

// Whether what the sensor says is made up (an emulated board); each reading then says so.
bool board_sensor_is_simulated(void);

// The chip's temperature in thousandths of a degree Celsius; 0, or a code.
int32_t board_chip_temperature(int32_t *millidegrees);

// --- What a person beside the board sees

// What the node is doing; the same numbers as `NodeStatus` in Sources/HAL.
typedef enum board_status {
  BOARD_STATUS_STARTING = 0,
  BOARD_STATUS_WAITING_FOR_NETWORK = 1,
  BOARD_STATUS_CONNECTING = 2,
  BOARD_STATUS_JOINING = 3,
  BOARD_STATUS_JOINED = 4,
  BOARD_STATUS_RETRYING = 5,
  BOARD_STATUS_SENSOR_FAULT = 6,
  BOARD_STATUS_STOPPED = 7,
} board_status;

// Shows `status` on the LED until told otherwise.
void board_show_status(board_status status);

// Levels of a log line; the same numbers as `LogLevel` in Sources/HAL.
typedef enum board_log_level {
  BOARD_LOG_DEBUG = 0,
  BOARD_LOG_INFO = 1,
  BOARD_LOG_WARNING = 2,
  BOARD_LOG_ERROR = 3,
} board_log_level;

// Writes one line on the console, with the time since the start; at most 255 bytes of `line`, without a line end.
// Waits for the console where it has no buffer: 0.1 ms for each byte at 115,200 baud.
void board_log(board_log_level level, const uint8_t *line, size_t count);

// --- Starting and staying alive

typedef enum board_reset {
  BOARD_RESET_POWER_ON = 0,
  // The reset pin or button, or a debugger.
  BOARD_RESET_EXTERNAL = 1,
  // The firmware asked for it.
  BOARD_RESET_SOFTWARE = 2,
  // A trap: an illegal instruction (which is what a failed check in Swift is), a bad address, a stack overflow.
  BOARD_RESET_TRAP = 3,
  // `board_watchdog_feed` was not called in time.
  BOARD_RESET_WATCHDOG = 4,
  // The supply voltage was too low.
  BOARD_RESET_BROWNOUT = 5,
  BOARD_RESET_UNKNOWN = 6,
} board_reset;

// Why the board started last.
board_reset board_reset_reason(void);

enum {
  // Without `board_watchdog_feed` for this long the board restarts with BOARD_RESET_WATCHDOG.
  BOARD_WATCHDOG_MILLISECONDS = 30000,
};

// Puts off the watchdog. The firmware calls it only when it has made progress.
void board_watchdog_feed(void);

// What `board_idle` may return for, besides the deadline and changes of the link.
enum {
  BOARD_WAKE_READABLE = 1,
  BOARD_WAKE_WRITABLE = 2,
};

// Waits until `deadline_milliseconds` of the monotonic clock, or until the connection has bytes or room (`wakes`, a sum
// of BOARD_WAKE_*), changes its state, or the link changes. Serves the network meanwhile. May return earlier for no
// reason; returns at the latest after 1 s, so that the watchdog sees a firmware that lives.
void board_idle(uint64_t deadline_milliseconds, uint32_t wakes);

// --- Values

// Results of the value functions below 0.
enum {
  BOARD_VALUE_MISSING = -1,
  // The value is larger than the memory for it; `board_value_code` has its size in bytes.
  BOARD_VALUE_TOO_LARGE = -2,
  BOARD_VALUE_STORE_FULL = -3,
  // `board_value_code` says more.
  BOARD_VALUE_FAILED = -4,
};

// Reads the value of `key` (ASCII, NUL-terminated, at most 15 bytes): what was stored, else what the board was
// configured with. Its size in bytes, or a result below 0. Keys of the configuration, all text:
//
//   host      the server's DNS name or IPv4 address       (must be there)
//   port      1 to 65535                                  (443)
//   path      of the WebSocket                            (/)
//   ca        trusted certificates, PEM or one in DER     (must be there, unless the board has a bundle)
//   channel   the channel's name                          (must be there)
//   uid       this board's name on the channel            (must be there)
//   key       the channel's key                           (none: no authentication)
//   interval  milliseconds between readings, from 1       (10000)
//   limit     readings after which no more are made       (none: for ever)
//   ghost     wait, or respell: what to do while the      (wait)
//             server still holds an earlier connection
int32_t board_value_read(const char *key, uint8_t *bytes, size_t capacity);

// Stores a value of at most 64 bytes, to be there after a restart; 0, or a result below 0. May take 50 ms where flash
// has to be erased, which wears it out: call rarely.
int32_t board_value_write(const char *key, const uint8_t *bytes, size_t count);

int32_t board_value_code(void);

// --- Trust

// Attaches the board's bundle of trusted CAs to mbedTLS's configuration, which is passed on untouched; 0, or a code.
typedef int (*board_attach_bundle)(void *ssl_config);

// How to trust the CAs that the board has with it, when there is no value `ca`; NULL when it has none.
board_attach_bundle board_trust_bundle(void);

// --- Memory

// In bytes; 0 where the board does not know.
typedef struct board_memory {
  // The most that was ever used of the stack, and its size.
  uint32_t stack_peak;
  uint32_t stack_size;
  // What TLS uses, the most it ever did, and what there is for it.
  uint32_t tls_used;
  uint32_t tls_peak;
  uint32_t tls_size;
} board_memory;

void board_memory_usage(board_memory *memory);

// --- The firmware's side

// Where the firmware starts, called by the board when the functions above can be used. Does not return.
void firmware_main(void);

#endif
