// An SHTC3 (Sensirion; temperature and humidity) as the I2C bus sees it, for boards that have none: commands, times,
// checksums, and what it does not acknowledge. After the data sheet's sections 3 (timing) and 5 (operation).
//
// Left out: measurements with clock stretching (their commands are not acknowledged) and the general call reset.
#ifndef SHTC3_MODEL_H
#define SHTC3_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  // 7 bits.
  SHTC3_MODEL_ADDRESS = 0x70,
  // Two words with a checksum each.
  SHTC3_MODEL_REPLY_COUNT = 6,
  // For `absent_count` and `corrupt_count`: never ends.
  SHTC3_MODEL_FOREVER = -1,
};

// What is around the sensor.
typedef struct shtc3_climate {
  // Thousandths of a degree Celsius.
  int32_t temperature;
  // Thousandths of a percent.
  int32_t humidity;
} shtc3_climate;

// The climate for the measurement that starts now. `delivered_count` measurements were read before, without an error:
// a replay that goes by it neither skips nor repeats anything when a measurement has to be tried again.
typedef shtc3_climate shtc3_climate_source(void *context, uint32_t delivered_count);

typedef struct shtc3_faults {
  // So many times nobody answers to the wake-up command, with which a measurement begins.
  int32_t absent_count;
  // So many measurements have a wrong checksum behind their first word.
  int32_t corrupt_count;
} shtc3_faults;

typedef enum shtc3_state {
  SHTC3_ASLEEP,
  SHTC3_IDLE,
  // After power-up, wake-up and reset.
  SHTC3_STARTING,
  SHTC3_MEASURING,
} shtc3_state;

typedef struct shtc3_model {
  shtc3_climate_source *source;
  void *context;
  shtc3_faults faults;
  shtc3_state state;
  // When STARTING or MEASURING ends.
  uint64_t until_microseconds;
  // What the next read brings; none when `reply_count` is 0.
  uint8_t reply[SHTC3_MODEL_REPLY_COUNT];
  size_t reply_count;
  // Whether that is a measurement without an error.
  bool is_delivery;
  uint32_t delivered_count;
} shtc3_model;

// A sensor that is powered up at `now_microseconds` of some monotonic clock.
void shtc3_model_start(
    shtc3_model *model, uint64_t now_microseconds, shtc3_climate_source *source, void *context, shtc3_faults faults);

// What the master writes to the sensor; whether it is acknowledged.
bool shtc3_model_write(shtc3_model *model, uint64_t now_microseconds, const uint8_t *bytes, size_t count);

// What the master reads from the sensor; whether it is acknowledged. Behind the end of the reply come 0xff, as from an
// idle bus.
bool shtc3_model_read(shtc3_model *model, uint64_t now_microseconds, uint8_t *bytes, size_t count);

// Faults as a test gives them: `absent` (for ever), `absent:N`, `crc` or `crc:N`; false, and nothing written, for
// anything else.
bool shtc3_faults_parse(shtc3_faults *faults, const uint8_t *text, size_t count);

#endif
