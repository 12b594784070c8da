// The reader of recorded weather, on the project's own and on text that is none.
//
// usage: weather_table_test CSV
#include "weather_table.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"

// A copy without a byte to spare, so that reading beyond its end is seen.
typedef struct text {
  uint8_t *bytes;
  size_t count;
} text;

static text copy(const void *bytes, size_t count) {
  text result = {malloc(count > 0 ? count : 1), count};
  if (result.bytes == NULL) abort();
  memcpy(result.bytes, bytes, count);
  return result;
}

static weather_fault open_bytes(weather_table *table, text text, uint32_t *line) {
  return weather_table_open(table, text.bytes, text.count, line);
}

// The fault in `string` and its line; 0 and the rows when there is none.
static bool finds(const char *string, weather_fault expected, uint32_t expected_line) {
  weather_table table;
  uint32_t line;
  text text = copy(string, strlen(string));
  weather_fault fault = open_bytes(&table, text, &line);
  free(text.bytes);
  return fault == expected && line == expected_line;
}

// Whether a table of one row with these fields has these values.
static bool reads(const char *temperature, const char *humidity, int32_t millidegrees, int32_t millipercent) {
  char string[160];
  weather_table table;
  uint32_t line;
  snprintf(string, sizeof string, "temperature_c,relative_humidity_pct\n%s,%s\n", temperature, humidity);
  text text = copy(string, strlen(string));
  bool is_right = open_bytes(&table, text, &line) == WEATHER_OK && table.row_count == 1;
  if (is_right) {
    shtc3_climate climate = weather_table_row(&table, 0);
    is_right = climate.temperature == millidegrees && climate.humidity == millipercent;
  }
  free(text.bytes);
  return is_right;
}

static text read_file(const char *path) {
  static uint8_t bytes[1 << 20];
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    perror(path);
    exit(1);
  }
  size_t count = fread(bytes, 1, sizeof bytes, file);
  fclose(file);
  return copy(bytes, count);
}

static bool is_row(weather_table *table, uint32_t row, int32_t temperature, int32_t humidity) {
  shtc3_climate climate = weather_table_row(table, row);
  return climate.temperature == temperature && climate.humidity == humidity;
}

static void test_recorded_year(const char *path) {
  weather_table table;
  uint32_t line;
  text year = read_file(path);
  bool is_good = open_bytes(&table, year, &line) == WEATHER_OK;
  check(is_good && table.row_count == 8760, "the recorded year has 8,760 hours");
  check(is_row(&table, 0, 10000, 77000) && is_row(&table, 1, 10000, 80000), "it begins with 10.0 degrees, 77 and 80 %");
  check(is_row(&table, 4680, 23900, 76000), "line 4682 has 23.9 degrees, 76 %");
  bool begins_again = is_row(&table, 8760, 10000, 77000) && is_row(&table, 8761, 10000, 80000);
  check(begins_again, "after the last hour the first again");
  check(is_row(&table, 4680, 23900, 76000) && is_row(&table, 0, 10000, 77000), "forwards and backwards");
  free(year.bytes);
}

static void test_numbers(void) {
  check(reads("21.5", "48", 21500, 48000) && reads("-3.9", "100", -3900, 100000) && reads("+12", "0", 12000, 0),
        "signs and decimals");
  check(reads("21.5347", "0.0004", 21535, 0) && reads("-0.0005", "0.99951", -1, 1000), "rounded to thousandths");
  check(reads(" 21.5\t", "  48 ", 21500, 48000) && reads("1", "2\r", 1000, 2000), "blanks and CRLF");
  check(reads("125", "100.000", 125000, 100000) && reads("-40", "000000000000000000000000000001", -40000, 1000),
        "to the ends of the range");
  const char *const wrong[] = {"", ".5", "5.", "1e3", "0x10", "--1", "+", "1 2", "1.2.3", "nan", "21,5x", "\xff"};
  bool is_refused = true;
  for (size_t index = 0; index < sizeof wrong / sizeof wrong[0]; index++) {
    is_refused = is_refused && !reads(wrong[index], "48", 0, 0);
  }
  check(is_refused, "anything else is no number");
}

static void test_faults(void) {
  check(finds("", WEATHER_NO_ROWS, 1) && finds("temperature_c,relative_humidity_pct\n", WEATHER_NO_ROWS, 1),
        "a table has a row");
  check(finds("temperature_c,x\n1,2\n", WEATHER_MISSING_COLUMN, 1) && finds("\n\n\n", WEATHER_MISSING_COLUMN, 1),
        "and both columns");
  check(finds("temperature_c,temperature_c,relative_humidity_pct\n1,1,1\n", WEATHER_DUPLICATE_COLUMN, 1), "once");
  check(finds("a,temperature_c,relative_humidity_pct\n1,2,3\n1,2\n", WEATHER_FIELD_COUNT, 3) &&
            finds("a,temperature_c,relative_humidity_pct\n1,2,3\n1,2,3,4\n", WEATHER_FIELD_COUNT, 3) &&
            finds("temperature_c,relative_humidity_pct,a\n1,2,3\n1,2", WEATHER_FIELD_COUNT, 3),
        "a row has as many fields as the first line");
  check(finds("temperature_c,relative_humidity_pct\n1,2\n\n", WEATHER_NOT_A_NUMBER, 3), "an empty line is no row");
  check(finds("temperature_c,relative_humidity_pct\n125.001,2\n", WEATHER_OUT_OF_RANGE, 2) &&
            finds("temperature_c,relative_humidity_pct\n1,100.001\n", WEATHER_OUT_OF_RANGE, 2) &&
            finds("temperature_c,relative_humidity_pct\n1,-0.001\n", WEATHER_OUT_OF_RANGE, 2) &&
            finds("temperature_c,relative_humidity_pct\n99999999999999999999999,1\n", WEATHER_OUT_OF_RANGE, 2),
        "a sensor cannot measure everything");
  check(finds("\xef\xbb\xbftemperature_c,relative_humidity_pct\r\n1,2\r\n3,4", WEATHER_OK, 3),
        "a byte order mark, CRLF, and no end of the last line");
}

// Reads every row of whatever opens: what matters is that nothing is read outside of the text (AddressSanitizer), and
// that all values are in range.
static bool is_harmless(text text) {
  weather_table table;
  uint32_t line;
  if (open_bytes(&table, text, &line) != WEATHER_OK) return line >= 1;
  for (uint32_t row = 0; row <= table.row_count; row++) {
    shtc3_climate climate = weather_table_row(&table, row);
    if (climate.temperature < -40000 || climate.temperature > 125000) return false;
    if (climate.humidity < 0 || climate.humidity > 100000) return false;
  }
  return true;
}

static void test_hostile_text(void) {
  static const char good[] = "month,temperature_c,relative_humidity_pct\r\n1,10.0,77\n2,-3.25,80.5\n3,+0.125,100\n";
  static const char alphabet[] = ",,,\n\n\r .+-0123456789temperature_c\"\0\xff";
  size_t count = sizeof good - 1;
  bool is_right = true;
  for (size_t cut = 0; cut <= count; cut++) {
    text text = copy(good, cut);
    is_right = is_right && is_harmless(text);
    free(text.bytes);
  }
  check(is_right, "a table cut off at any byte does no harm");
  uint64_t random = 11;
  uint32_t opened = 0;
  for (int round = 0; round < 100000; round++) {
    text text = copy(good, count);
    int changes = 1 + (int)(check_random(&random) % 4);
    for (int change = 0; change < changes; change++) {
      text.bytes[check_random(&random) % count] = (uint8_t)alphabet[check_random(&random) % (sizeof alphabet - 1)];
    }
    is_right = is_right && is_harmless(text);
    weather_table table;
    uint32_t line;
    opened += open_bytes(&table, text, &line) == WEATHER_OK;
    free(text.bytes);
  }
  printf("info %u of 100,000 changed tables were still good\n", (unsigned)opened);
  check(is_right && opened > 1000 && opened < 99000, "100,000 tables with changed bytes do no harm");
}

int main(int count, char **arguments) {
  if (count != 2) {
    fprintf(stderr, "usage: weather_table_test CSV\n");
    return 2;
  }
  test_recorded_year(arguments[1]);
  test_numbers();
  test_faults();
  test_hostile_text();
  return check_finish();
}
