// The model of the SHTC3, command by command.
#include "shtc3_model.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"

enum {
  WAKE = 0x3517,
  SLEEP_COMMAND = 0xb098,
  RESET = 0x805d,
  IDENTITY = 0xefc8,
  MEASURE = 0x7866,
  MEASURE_HUMIDITY_FIRST = 0x58e0,
  MEASURE_LOW_POWER = 0x609c,
  MEASURE_STRETCHING = 0x7ca2,
};

static shtc3_model sensor;
static uint64_t now;
static shtc3_climate climate;
static uint32_t asked_for;

static shtc3_climate current_climate(void *context, uint32_t delivered_count) {
  (void)context;
  asked_for = delivered_count;
  return climate;
}

static void start(shtc3_faults faults) {
  now = 1000000;
  climate = (shtc3_climate){.temperature = 21500, .humidity = 48000};
  shtc3_model_start(&sensor, now, current_climate, NULL, faults);
  now += 240;
}

static bool takes(uint16_t command) {
  uint8_t bytes[] = {(uint8_t)(command >> 8), (uint8_t)command};
  return shtc3_model_write(&sensor, now, bytes, sizeof bytes);
}

static bool answers(uint8_t *bytes, size_t count) {
  return shtc3_model_read(&sensor, now, bytes, count);
}

static bool measures(uint16_t command, uint64_t microseconds, uint8_t reply[6]) {
  if (!takes(command)) return false;
  now += microseconds;
  return answers(reply, 6);
}

// The remainder of long division by x^8 + x^5 + x^4 + 1, the first byte inverted; written down apart from the model's.
static uint8_t checksum(const uint8_t word[2]) {
  uint32_t rest = (uint32_t)(word[0] ^ 0xff) << 16 | (uint32_t)word[1] << 8;
  for (int bit = 23; bit >= 8; bit--) {
    if ((rest >> bit & 1) != 0) rest ^= 0x131u << (bit - 8);
  }
  return (uint8_t)rest;
}

static bool is_word_right(const uint8_t bytes[3]) {
  return checksum(bytes) == bytes[2];
}

static int32_t temperature(const uint8_t word[2]) {
  return (int32_t)((21875 * (uint32_t)(word[0] << 8 | word[1])) >> 13) - 45000;
}

static int32_t humidity(const uint8_t word[2]) {
  return (int32_t)((12500 * (uint32_t)(word[0] << 8 | word[1])) >> 13);
}

static void test_power(void) {
  uint8_t reply[6];
  start((shtc3_faults){0});
  now -= 1;
  check(!takes(IDENTITY), "239 us after power-up nothing is acknowledged");
  now += 1;
  check(takes(IDENTITY), "240 us after it is");
  check(takes(SLEEP_COMMAND) && !takes(IDENTITY) && !takes(MEASURE) && !takes(SLEEP_COMMAND) && !takes(RESET),
        "asleep it takes no command but the one to wake up");
  check(!answers(reply, 3), "and answers nothing");
  bool wakes = takes(WAKE);
  now += 239;
  check(wakes && !takes(MEASURE) && !takes(WAKE), "it takes 240 us to wake up");
  now += 1;
  check(takes(MEASURE), "and measures after that");
  now += 20000;
  bool resets = takes(RESET);
  now += 239;
  bool is_busy = !takes(IDENTITY);
  now += 1;
  check(resets && is_busy && !answers(reply, 6) && takes(IDENTITY),
        "a reset takes 240 us and forgets the measurement");
}

static void test_identity(void) {
  const uint8_t known[] = {0xbe, 0xef};
  uint8_t reply[4];
  start((shtc3_faults){0});
  check(checksum(known) == 0x92, "the checksum of this test is the data sheet's: 0x92 for 0xbeef");
  check(takes(IDENTITY) && answers(reply, 4), "the identity is read");
  check(((reply[0] << 8 | reply[1]) & 0x083f) == 0x0807 && is_word_right(reply), "it is an SHTC3's, with its checksum");
  check(reply[3] == 0xff, "behind the reply the bus is idle");
  check(!answers(reply, 3), "it is read once");
}

static void test_measurement(void) {
  uint8_t reply[6];
  start((shtc3_faults){0});
  bool begins = takes(MEASURE);
  now += 12099;
  check(begins && !answers(reply, 6) && !takes(MEASURE) && !takes(SLEEP_COMMAND),
        "a measurement takes 12.1 ms, and until then nothing is acknowledged");
  now += 1;
  bool is_intact = answers(reply, 6) && is_word_right(reply) && is_word_right(reply + 3);
  check(is_intact, "then it is read, with both checksums");
  check(abs(temperature(reply) - 21500) <= 3 && abs(humidity(reply + 3) - 48000) <= 2, "temperature, then humidity");
  bool is_read = measures(MEASURE_LOW_POWER, 800, reply);
  check(is_read && abs(temperature(reply) - 21500) <= 3, "in low power it takes 0.8 ms");
  takes(MEASURE_LOW_POWER);
  now += 799;
  check(!answers(reply, 6), "and no less");
  now += 1;
  check(measures(MEASURE_HUMIDITY_FIRST, 12100, reply) && abs(humidity(reply) - 48000) <= 2 &&
            abs(temperature(reply + 3) - 21500) <= 3,
        "humidity first, when asked so");
  check(!takes(MEASURE_STRETCHING) && !takes(0x0000), "what it does not know is not acknowledged");
  check(!shtc3_model_write(&sensor, now, (const uint8_t[]){0x78}, 1) &&
            !shtc3_model_write(&sensor, now, (const uint8_t[]){0x78, 0x66, 0}, 3),
        "nor are commands of one byte or three");
}

static void test_scale(void) {
  uint8_t reply[6];
  bool is_right = true;
  start((shtc3_faults){0});
  for (int32_t value = -45000; value < 130000; value += 37) {
    climate = (shtc3_climate){.temperature = value, .humidity = (value + 45000) / 2};
    bool is_read = measures(MEASURE, 12100, reply);
    is_right = is_right && is_read && is_word_right(reply) && is_word_right(reply + 3);
    is_right = is_right && abs(temperature(reply) - value) <= 3 && abs(humidity(reply + 3) - climate.humidity) <= 2;
  }
  check(is_right, "every 37 thousandths of a degree from -45 to 130: within a step of the sensor's scale");
  climate = (shtc3_climate){.temperature = INT32_MIN, .humidity = INT32_MAX};
  check(measures(MEASURE, 12100, reply) && temperature(reply) == -45000 && humidity(reply + 3) == 99998,
        "beyond the scale: its ends");
}

static void test_faults(void) {
  uint8_t reply[6];
  start((shtc3_faults){.absent_count = 2});
  check(!takes(WAKE) && !takes(WAKE) && takes(WAKE), "absent:2 does not acknowledge two wake-ups");
  start((shtc3_faults){.absent_count = SHTC3_MODEL_FOREVER});
  bool is_absent = true;
  for (int count = 0; count < 1000; count++) is_absent = is_absent && !takes(WAKE);
  check(is_absent, "absent never does");
  start((shtc3_faults){.corrupt_count = 1});
  check(measures(MEASURE, 12100, reply) && !is_word_right(reply) && asked_for == 0, "crc:1 has one wrong checksum");
  check(measures(MEASURE, 12100, reply) && is_word_right(reply) && asked_for == 0,
        "the next measurement is of the same climate, with the right one");
  check(measures(MEASURE, 12100, reply) && asked_for == 1, "and the one after that is of the next");
  takes(MEASURE);
  now += 12100;
  takes(RESET);
  now += 240;
  check(measures(MEASURE, 12100, reply) && asked_for == 2, "a measurement that nobody read does not count");
}

static bool parses(const char *text, int32_t absent_count, int32_t corrupt_count) {
  shtc3_faults faults = {0};
  if (!shtc3_faults_parse(&faults, (const uint8_t *)text, strlen(text))) return false;
  return faults.absent_count == absent_count && faults.corrupt_count == corrupt_count;
}

static void test_fault_words(void) {
  check(parses("absent", -1, 0) && parses("absent:3", 3, 0) && parses("crc:12", 0, 12) && parses("crc", 0, -1) &&
            parses("crc:999999999", 0, 999999999),
        "faults in words");
  const char *const wrong[] = {
      "", "absent:", "absent:-1", "absent:x", "absent3", "crc:1234567890", "CRC", "crc: 1", "a",
  };
  bool is_refused = true;
  for (size_t index = 0; index < sizeof wrong / sizeof wrong[0]; index++) {
    shtc3_faults faults = {0};
    is_refused = is_refused && !shtc3_faults_parse(&faults, (const uint8_t *)wrong[index], strlen(wrong[index]));
    is_refused = is_refused && faults.absent_count == 0 && faults.corrupt_count == 0;
  }
  check(is_refused, "other words are refused, and change nothing");
}

int main(void) {
  test_power();
  test_identity();
  test_measurement();
  test_scale();
  test_faults();
  test_fault_words();
  return check_finish();
}
