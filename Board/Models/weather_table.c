#include "weather_table.h"

#include <string.h>

enum {
  TEMPERATURE_MIN = -40000,
  TEMPERATURE_MAX = 125000,
  HUMIDITY_MIN = 0,
  HUMIDITY_MAX = 100000,
};

// Far outside every range, and far from the end of int64_t.
static const int64_t SATURATION = 1000000000000;

typedef struct text_range {
  const uint8_t *start;
  size_t count;
} text_range;

const char *weather_fault_text(weather_fault fault) {
  switch (fault) {
  case WEATHER_OK: return "no fault";
  case WEATHER_NO_ROWS: return "expected a line with the names of the columns and at least one row";
  case WEATHER_MISSING_COLUMN: return "no column temperature_c, or no column relative_humidity_pct";
  case WEATHER_DUPLICATE_COLUMN: return "a column is there twice";
  case WEATHER_FIELD_COUNT: return "not as many fields as in the first line";
  case WEATHER_NOT_A_NUMBER: return "expected a decimal number";
  case WEATHER_OUT_OF_RANGE: return "expected -40 to 125 degrees and 0 to 100 %";
  }
  return "unknown fault";
}

// The line at `*offset`, without its end; `*offset` goes to the next. False at the end of the text.
static bool next_line(const weather_table *table, size_t *offset, text_range *line) {
  if (*offset >= table->count) return false;
  const uint8_t *start = table->text + *offset;
  size_t rest = table->count - *offset;
  const uint8_t *end = memchr(start, '\n', rest);
  line->start = start;
  line->count = end != NULL ? (size_t)(end - start) : rest;
  *offset += end != NULL ? line->count + 1 : rest;
  if (line->count > 0 && start[line->count - 1] == '\r') line->count--;
  return true;
}

static bool is_blank(uint8_t byte) {
  return byte == ' ' || byte == '\t';
}

// Cuts the first field off `line`, without blanks around it; false when that was the last one.
static bool next_field(text_range *line, text_range *field) {
  const uint8_t *comma = line->count > 0 ? memchr(line->start, ',', line->count) : NULL;
  *field = *line;
  if (comma != NULL) {
    field->count = (size_t)(comma - line->start);
    line->start = comma + 1;
    line->count -= field->count + 1;
  }
  while (field->count > 0 && is_blank(field->start[0])) {
    field->start++;
    field->count--;
  }
  while (field->count > 0 && is_blank(field->start[field->count - 1])) field->count--;
  return comma != NULL;
}

static bool equals(text_range field, const char *name) {
  return field.count == strlen(name) && memcmp(field.start, name, field.count) == 0;
}

static bool is_digit(uint8_t byte) {
  return byte >= '0' && byte <= '9';
}

// Thousandths of a number such as -3.9 or 21.5347 (rounded half away from zero), saturated; false for anything else.
static bool read_thousandths(text_range field, int64_t *value) {
  size_t index = 0;
  bool is_negative = field.count > 0 && field.start[0] == '-';
  if (field.count > 0 && (field.start[0] == '-' || field.start[0] == '+')) index++;
  size_t whole_start = index;
  int64_t number = 0;
  for (; index < field.count && is_digit(field.start[index]); index++) {
    number = number * 10 + (field.start[index] - '0');
    if (number > SATURATION) number = SATURATION;
  }
  if (index == whole_start) return false;
  int decimals = 0;
  if (index < field.count && field.start[index] == '.') {
    index++;
    if (index == field.count) return false;
    for (; index < field.count && is_digit(field.start[index]); index++) {
      uint8_t digit = (uint8_t)(field.start[index] - '0');
      // The fourth decimal rounds, those behind it say nothing.
      if (decimals < 3) number = number * 10 + digit;
      if (decimals == 3 && digit >= 5) number++;
      if (decimals < 4) decimals++;
    }
  }
  for (; decimals < 3; decimals++) number *= 10;
  *value = is_negative ? -number : number;
  return index == field.count;
}

static weather_fault read_header(weather_table *table, text_range line) {
  bool has_temperature = false;
  bool has_humidity = false;
  bool has_more = true;
  for (table->field_count = 0; has_more; table->field_count++) {
    text_range field;
    has_more = next_field(&line, &field);
    if (equals(field, "temperature_c")) {
      if (has_temperature) return WEATHER_DUPLICATE_COLUMN;
      has_temperature = true;
      table->temperature_field = table->field_count;
    } else if (equals(field, "relative_humidity_pct")) {
      if (has_humidity) return WEATHER_DUPLICATE_COLUMN;
      has_humidity = true;
      table->humidity_field = table->field_count;
    }
  }
  return has_temperature && has_humidity ? WEATHER_OK : WEATHER_MISSING_COLUMN;
}

static weather_fault read_number(text_range field, int32_t minimum, int32_t maximum, int32_t *value) {
  int64_t number;
  if (!read_thousandths(field, &number)) return WEATHER_NOT_A_NUMBER;
  if (number < minimum || number > maximum) return WEATHER_OUT_OF_RANGE;
  *value = (int32_t)number;
  return WEATHER_OK;
}

static weather_fault read_row(const weather_table *table, text_range line, shtc3_climate *climate) {
  weather_fault fault = WEATHER_OK;
  uint32_t count = 0;
  bool has_more = true;
  for (; has_more && fault == WEATHER_OK; count++) {
    text_range field;
    has_more = next_field(&line, &field);
    if (count == table->temperature_field) {
      fault = read_number(field, TEMPERATURE_MIN, TEMPERATURE_MAX, &climate->temperature);
    } else if (count == table->humidity_field) {
      fault = read_number(field, HUMIDITY_MIN, HUMIDITY_MAX, &climate->humidity);
    }
  }
  if (fault == WEATHER_OK && count != table->field_count) return WEATHER_FIELD_COUNT;
  return fault;
}

weather_fault weather_table_open(weather_table *table, const uint8_t *text, size_t count, uint32_t *line) {
  static const uint8_t byte_order_mark[] = {0xef, 0xbb, 0xbf};
  text_range range;
  shtc3_climate climate;
  memset(table, 0, sizeof *table);
  table->text = text;
  table->count = count;
  size_t offset = 0;
  if (count >= sizeof byte_order_mark && memcmp(text, byte_order_mark, sizeof byte_order_mark) == 0) {
    offset = sizeof byte_order_mark;
  }
  *line = 1;
  if (!next_line(table, &offset, &range)) return WEATHER_NO_ROWS;
  weather_fault fault = read_header(table, range);
  if (fault != WEATHER_OK) return fault;
  table->rows_offset = offset;
  table->cursor_offset = offset;
  while (next_line(table, &offset, &range)) {
    *line += 1;
    fault = read_row(table, range, &climate);
    if (fault != WEATHER_OK) return fault;
    table->row_count++;
  }
  return table->row_count > 0 ? WEATHER_OK : WEATHER_NO_ROWS;
}

shtc3_climate weather_table_row(weather_table *table, uint32_t index) {
  shtc3_climate climate = {0};
  text_range line;
  uint32_t row = index % table->row_count;
  if (row < table->cursor_row) {
    table->cursor_row = 0;
    table->cursor_offset = table->rows_offset;
  }
  for (; table->cursor_row < row; table->cursor_row++) next_line(table, &table->cursor_offset, &line);
  // Checked when the table was opened: there is such a line, and it can be read.
  size_t offset = table->cursor_offset;
  if (next_line(table, &offset, &line)) read_row(table, line, &climate);
  return climate;
}
