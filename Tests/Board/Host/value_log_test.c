// The value log on a flash that behaves, and on one that does not.
#include "value_log.h"

#include <stdlib.h>

#include "simulated_flash.h"

static simulated_flash flash;
static value_flash interface;
static value_log values;

static void start(uint8_t fill) {
  flash_start(&flash, fill);
  interface = flash_interface(&flash);
}

static bool opens(void) {
  return value_log_open(&values, &interface) == VALUE_LOG_OK;
}

static bool writes(const char *key, const char *text) {
  return value_log_write(&values, key, (const uint8_t *)text, strlen(text)) == VALUE_LOG_OK;
}

static bool has(const char *key, const char *text) {
  uint8_t bytes[VALUE_LOG_VALUE_COUNT_MAX];
  size_t count;
  if (value_log_read(&values, key, bytes, &count) != VALUE_LOG_OK) return false;
  return count == strlen(text) && memcmp(bytes, text, count) == 0;
}

static bool lacks(const char *key) {
  uint8_t bytes[VALUE_LOG_VALUE_COUNT_MAX];
  size_t count;
  return value_log_read(&values, key, bytes, &count) == VALUE_LOG_MISSING;
}

static void test_values(void) {
  start(0xff);
  check(opens() && lacks("boot"), "an erased flash has no values");
  check(writes("boot", "1") && has("boot", "1"), "a value is there when it was written");
  check(opens() && has("boot", "1"), "and after a restart");
  check(writes("boot", "2") && has("boot", "2") && opens() && has("boot", "2"), "the newest value counts");
  check(writes("uid", "cellar") && has("boot", "2") && has("uid", "cellar"), "each key has its own");
  check(lacks("boo") && lacks("boots"), "a key is found by all of its name");
  check(writes("empty", "") && has("empty", ""), "a value may be empty");
  long step_count = flash.step_count;
  check(writes("boot", "2") && flash.step_count == step_count, "the same value again writes nothing");
  start(0x00);
  check(opens() && lacks("boot") && writes("boot", "1") && opens() && has("boot", "1"),
        "a flash full of zeros has no values, and takes some");
}

static void test_limits(void) {
  char longest[VALUE_LOG_VALUE_COUNT_MAX + 1];
  memset(longest, 'x', sizeof longest);
  start(0xff);
  opens();
  check(value_log_write(&values, "v", (uint8_t *)longest, 65) == VALUE_LOG_INVALID, "a value of 65 bytes is refused");
  check(value_log_write(&values, "v", (uint8_t *)longest, 64) == VALUE_LOG_OK, "one of 64 bytes is not");
  check(value_log_write(&values, "sixteencharacter", (uint8_t *)"1", 1) == VALUE_LOG_INVALID &&
            value_log_write(&values, "", (uint8_t *)"1", 1) == VALUE_LOG_INVALID,
        "keys of 16 and of 0 bytes are refused");
  check(writes("fifteencharacte", "1") && has("fifteencharacte", "1"), "a key of 15 bytes is not");
}

static void name_key(char key[16], int number) {
  memcpy(key, "fifteen-letters", 16);
  key[14] = (char)('a' + number);
}

static void test_many_keys(void) {
  uint8_t expected[VALUE_LOG_KEYS_MAX][VALUE_LOG_VALUE_COUNT_MAX];
  uint64_t random = 1;
  char key[16];
  bool is_right = true;
  start(0xff);
  opens();
  for (int round = 0; round < 3000; round++) {
    int number = round < VALUE_LOG_KEYS_MAX ? round : (int)(check_random(&random) % VALUE_LOG_KEYS_MAX);
    name_key(key, number);
    uint8_t *value = expected[number];
    for (size_t index = 0; index < sizeof expected[0]; index++) value[index] = (uint8_t)check_random(&random);
    is_right = is_right && value_log_write(&values, key, expected[number], 64) == VALUE_LOG_OK;
    if (round % 100 == 0) is_right = is_right && opens();
  }
  is_right = is_right && opens();
  for (int number = 0; number < VALUE_LOG_KEYS_MAX; number++) {
    uint8_t bytes[VALUE_LOG_VALUE_COUNT_MAX];
    size_t count;
    name_key(key, number);
    is_right = is_right && value_log_read(&values, key, bytes, &count) == VALUE_LOG_OK && count == 64 &&
               memcmp(bytes, expected[number], count) == 0;
  }
  check(is_right, "16 keys of the longest kind, written 3,000 times, in the smallest sector");
  check(value_log_write(&values, "another", (uint8_t *)"1", 1) == VALUE_LOG_TOO_MANY_KEYS, "a 17th key is refused");
}

static void test_wear(void) {
  start(0xff);
  opens();
  for (int boot = 0; boot < 10000; boot++) {
    char text[16];
    snprintf(text, sizeof text, "%d", boot);
    writes("boot", text);
  }
  // At most 4 + 4 + 4 + 4 bytes each: a sector has room for the newest of before and 92 more.
  long erase_count = flash.erase_count[0] + flash.erase_count[1];
  long difference = labs(flash.erase_count[0] - flash.erase_count[1]);
  check(erase_count <= 10000 / 92 + 1 && difference <= 1, "10,000 boot counts erase each sector at most 55 times");
}

static void test_bad_flash(void) {
  start(0xff);
  opens();
  check(writes("boot", "1"), "a value on a good flash");
  flash.stuck_offset = values.end + 1;
  check(value_log_write(&values, "boot", (uint8_t *)"2", 1) == VALUE_LOG_FLASH_FAILED && has("boot", "1"),
        "a bit that cannot be programmed is noticed, and the old value stays");
  check(opens() && has("boot", "1"), "also after a restart");
  flash.stuck_offset = UINT32_MAX;
  check(writes("boot", "3") && has("boot", "3") && opens() && has("boot", "3"), "the next write goes elsewhere");
  flash.is_off = true;
  check(value_log_open(&values, &interface) == VALUE_LOG_FLASH_FAILED, "a flash that does not answer is an error");
}

// MARK: Power failures

enum {
  SCRIPT_COUNT = 120,
  SCRIPT_KEYS = 3,
};

static const char *const script_keys[SCRIPT_KEYS] = {"boot", "uid", "k"};

// The value that write `number` of the script stores: different each time, 1 to 60 bytes.
static void script_value(int number, char text[96]) {
  int padding = number * 7 % 57;
  snprintf(text, 96, "%d%.*s", number, padding, "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghi");
}

static int script_key(int number) {
  return number % 5 == 1 ? 1 : number % 11 == 3 ? 2 : 0;
}

// Does the writes from `first` on until power fails; the number of the one that was cut off, SCRIPT_COUNT if none was.
static int run_script(int first) {
  for (int number = first; number < SCRIPT_COUNT; number++) {
    char text[96];
    script_value(number, text);
    if (!writes(script_keys[script_key(number)], text)) return number;
  }
  return SCRIPT_COUNT;
}

// Whether each key has what the writes below `count` left.
static bool holds(int key, int count) {
  char text[96];
  int number = count - 1;
  while (number >= 0 && script_key(number) != key) number--;
  if (number < 0) return lacks(script_keys[key]);
  script_value(number, text);
  return has(script_keys[key], text);
}

// After a power failure in write `cut`: whether its key has the value before or after, and each other key its own.
static bool survived(int cut) {
  flash.is_off = false;
  flash.steps_left = -1;
  if (!opens()) return false;
  for (int key = 0; key < SCRIPT_KEYS; key++) {
    bool is_cut_one = cut < SCRIPT_COUNT && key == script_key(cut);
    if (!holds(key, cut) && !(is_cut_one && holds(key, cut + 1))) return false;
  }
  return true;
}

static void test_power_failures(void) {
  start(0x00);
  opens();
  bool is_complete = run_script(0) == SCRIPT_COUNT && survived(SCRIPT_COUNT);
  long total = flash.step_count;
  check(is_complete && flash.erase_count[0] + flash.erase_count[1] >= 4, "120 writes in several sectors");

  bool has_survived = true;
  bool goes_on = true;
  for (long steps = 0; steps < total; steps++) {
    start(0x00);
    flash.random = (uint64_t)steps;
    flash.steps_left = steps;
    opens();
    int cut = run_script(0);
    has_survived = has_survived && survived(cut);
    goes_on = goes_on && run_script(cut) == SCRIPT_COUNT && survived(SCRIPT_COUNT);
  }
  printf("info power failed at each of %ld bytes and steps of erasing\n", total);
  check(has_survived, "power fails at every byte: the old value or the new one, and all others are there");
  check(goes_on, "and the rest of the writes succeed");
}

static void test_repeated_power_failures(void) {
  uint64_t random = 7;
  bool has_survived = true;
  for (int run = 0; run < 1000; run++) {
    start(0x00);
    flash.random = (uint64_t)run;
    opens();
    int next = 0;
    while (next < SCRIPT_COUNT && has_survived) {
      flash.steps_left = (long)(check_random(&random) % 700);
      next = run_script(next);
      has_survived = survived(next);
    }
  }
  check(has_survived, "power fails again and again, 1,000 runs: the same");
}

static void test_garbage(void) {
  uint64_t random = 3;
  bool is_usable = true;
  for (int run = 0; run < 3000; run++) {
    start(0xff);
    opens();
    run_script(SCRIPT_COUNT - 40);
    // A few bytes, or most, are something else.
    int count = 1 << (check_random(&random) % 12);
    for (int index = 0; index < count; index++) {
      uint64_t value = check_random(&random);
      flash.bytes[value & 1][(value >> 1) % FLASH_SECTOR_SIZE] = (uint8_t)(value >> 56);
    }
    flash.is_damaged = true;
    is_usable = is_usable && value_log_open(&values, &interface) == VALUE_LOG_OK;
    // Room that looks erased may not be: then the first write fails, and the second goes to the other sector.
    bool is_written = writes("boot", "new") || writes("boot", "new");
    is_usable = is_usable && is_written && has("boot", "new");
  }
  check(is_usable, "a flash with damage anywhere opens, and takes a value at the second try");
}

int main(void) {
  test_values();
  test_limits();
  test_many_keys();
  test_wear();
  test_bad_flash();
  test_power_failures();
  test_repeated_power_failures();
  test_garbage();
  return check_finish();
}
