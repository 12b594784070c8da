#include "shtc3_model.h"

#include <string.h>

// The data sheet's names in short; T and RH say which word comes first.
enum {
  COMMAND_SLEEP = 0xb098,
  COMMAND_WAKE = 0x3517,
  COMMAND_RESET = 0x805d,
  COMMAND_IDENTITY = 0xefc8,
  COMMAND_NORMAL_T = 0x7866,
  COMMAND_NORMAL_RH = 0x58e0,
  COMMAND_LOW_POWER_T = 0x609c,
  COMMAND_LOW_POWER_RH = 0x401a,
};

enum {
  START_MICROSECONDS = 240,
  NORMAL_MICROSECONDS = 12100,
  LOW_POWER_MICROSECONDS = 800,

  IDENTITY = 0x0887,

  TEMPERATURE_LOWEST = -45000,
};

// Polynomial x^8 + x^5 + x^4 + 1, all ones at first; CRC(0xbeef) is 0x92.
static uint8_t checksum_of(const uint8_t *bytes, size_t count) {
  uint8_t checksum = 0xff;
  for (size_t index = 0; index < count; index++) {
    checksum ^= bytes[index];
    for (int bit = 0; bit < 8; bit++) {
      bool is_set = (checksum & 0x80) != 0;
      checksum = (uint8_t)(checksum << 1);
      if (is_set) checksum ^= 0x31;
    }
  }
  return checksum;
}

static uint16_t clamped(int64_t value) {
  if (value < 0) return 0;
  return value > UINT16_MAX ? UINT16_MAX : (uint16_t)value;
}

// The nearest words for T = -45 + 175 * word / 2^16 and RH = 100 * word / 2^16.
static uint16_t temperature_word(int32_t temperature) {
  return clamped((((int64_t)temperature - TEMPERATURE_LOWEST) * 8192 + 10937) / 21875);
}

static uint16_t humidity_word(int32_t humidity) {
  return clamped(((int64_t)humidity * 8192 + 6250) / 12500);
}

static void append_word(shtc3_model *model, uint16_t word) {
  uint8_t *bytes = model->reply + model->reply_count;
  bytes[0] = (uint8_t)(word >> 8);
  bytes[1] = (uint8_t)word;
  bytes[2] = checksum_of(bytes, 2);
  model->reply_count += 3;
}

static void start_until(shtc3_model *model, shtc3_state state, uint64_t until_microseconds) {
  model->state = state;
  model->until_microseconds = until_microseconds;
}

static bool take_fault(int32_t *count) {
  if (*count == 0) return false;
  if (*count > 0) *count -= 1;
  return true;
}

static void measure(shtc3_model *model, bool is_temperature_first) {
  shtc3_climate climate = model->source(model->context, model->delivered_count);
  uint16_t temperature = temperature_word(climate.temperature);
  uint16_t humidity = humidity_word(climate.humidity);
  append_word(model, is_temperature_first ? temperature : humidity);
  append_word(model, is_temperature_first ? humidity : temperature);
  model->is_delivery = true;
  if (take_fault(&model->faults.corrupt_count)) {
    model->reply[2] ^= 0x01;
    model->is_delivery = false;
  }
}

void shtc3_model_start(
    shtc3_model *model, uint64_t now_microseconds, shtc3_climate_source *source, void *context, shtc3_faults faults) {
  memset(model, 0, sizeof *model);
  model->source = source;
  model->context = context;
  model->faults = faults;
  start_until(model, SHTC3_STARTING, now_microseconds + START_MICROSECONDS);
}

// Ends what time has ended.
static void settle(shtc3_model *model, uint64_t now_microseconds) {
  bool is_busy = model->state == SHTC3_STARTING || model->state == SHTC3_MEASURING;
  if (is_busy && now_microseconds >= model->until_microseconds) model->state = SHTC3_IDLE;
}

static bool perform(shtc3_model *model, uint64_t now_microseconds, uint16_t command) {
  model->reply_count = 0;
  model->is_delivery = false;
  switch (command) {
  case COMMAND_SLEEP:
    model->state = SHTC3_ASLEEP;
    return true;
  case COMMAND_WAKE:
  case COMMAND_RESET:
    start_until(model, SHTC3_STARTING, now_microseconds + START_MICROSECONDS);
    return true;
  case COMMAND_IDENTITY:
    append_word(model, IDENTITY);
    return true;
  case COMMAND_NORMAL_T:
  case COMMAND_NORMAL_RH:
    measure(model, command == COMMAND_NORMAL_T);
    start_until(model, SHTC3_MEASURING, now_microseconds + NORMAL_MICROSECONDS);
    return true;
  case COMMAND_LOW_POWER_T:
  case COMMAND_LOW_POWER_RH:
    measure(model, command == COMMAND_LOW_POWER_T);
    start_until(model, SHTC3_MEASURING, now_microseconds + LOW_POWER_MICROSECONDS);
    return true;
  default:
    return false;
  }
}

bool shtc3_model_write(shtc3_model *model, uint64_t now_microseconds, const uint8_t *bytes, size_t count) {
  settle(model, now_microseconds);
  if (count != 2) return false;
  uint16_t command = (uint16_t)(bytes[0] << 8 | bytes[1]);
  if (command == COMMAND_WAKE && take_fault(&model->faults.absent_count)) return false;
  bool is_listening = model->state == SHTC3_IDLE || (model->state == SHTC3_ASLEEP && command == COMMAND_WAKE);
  return is_listening && perform(model, now_microseconds, command);
}

bool shtc3_model_read(shtc3_model *model, uint64_t now_microseconds, uint8_t *bytes, size_t count) {
  settle(model, now_microseconds);
  if (model->state != SHTC3_IDLE || model->reply_count == 0) return false;
  for (size_t index = 0; index < count; index++) {
    bytes[index] = index < model->reply_count ? model->reply[index] : 0xff;
  }
  if (model->is_delivery && count >= model->reply_count) model->delivered_count++;
  model->reply_count = 0;
  return true;
}

// Nothing, for ever, or `:` and up to nine digits.
static bool parse_count(int32_t *value, const uint8_t *text, size_t count) {
  if (count == 0) {
    *value = SHTC3_MODEL_FOREVER;
    return true;
  }
  if (text[0] != ':' || count < 2 || count > 10) return false;
  int32_t number = 0;
  for (size_t index = 1; index < count; index++) {
    if (text[index] < '0' || text[index] > '9') return false;
    number = number * 10 + (text[index] - '0');
  }
  *value = number;
  return true;
}

bool shtc3_faults_parse(shtc3_faults *faults, const uint8_t *text, size_t count) {
  static const char absent[] = "absent";
  static const char crc[] = "crc";
  size_t absent_count = sizeof absent - 1;
  size_t crc_count = sizeof crc - 1;
  if (count >= absent_count && memcmp(text, absent, absent_count) == 0) {
    return parse_count(&faults->absent_count, text + absent_count, count - absent_count);
  }
  if (count >= crc_count && memcmp(text, crc, crc_count) == 0) {
    return parse_count(&faults->corrupt_count, text + crc_count, count - crc_count);
  }
  return false;
}
