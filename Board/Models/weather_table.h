// Rows of weather in CSV, as in Simulator/Data; read in place, the same way as the simulator does (ClimateTable.swift).
//
// The first line names the columns; `temperature_c` and `relative_humidity_pct` are read, others ignored. Fields are
// separated by commas, not quoted; lines end in LF or CRLF. Anything else is a fault with its line.
#ifndef WEATHER_TABLE_H
#define WEATHER_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shtc3_model.h"

typedef enum weather_fault {
  WEATHER_OK = 0,
  WEATHER_NO_ROWS,
  WEATHER_MISSING_COLUMN,
  WEATHER_DUPLICATE_COLUMN,
  // A line has another number of fields than the first.
  WEATHER_FIELD_COUNT,
  // Not a decimal number such as -3.9.
  WEATHER_NOT_A_NUMBER,
  // Outside -40 to 125 degrees or 0 to 100 %, what an SHTC3 can measure.
  WEATHER_OUT_OF_RANGE,
} weather_fault;

// `fault` in words, for people.
const char *weather_fault_text(weather_fault fault);

typedef struct weather_table {
  const uint8_t *text;
  size_t count;
  uint32_t field_count;
  uint32_t temperature_field;
  uint32_t humidity_field;
  // Where the first row begins, and how many there are.
  size_t rows_offset;
  uint32_t row_count;
  // A row and where it begins, so that going on with the next is quick.
  uint32_t cursor_row;
  size_t cursor_offset;
} weather_table;

// Checks all of `text`, which has to stay where it is; `line` says where a fault is, from 1.
weather_fault weather_table_open(weather_table *table, const uint8_t *text, size_t count, uint32_t *line);

// Row `index` of an open table, from 0; after the last comes the first again.
shtc3_climate weather_table_row(weather_table *table, uint32_t index);

#endif
