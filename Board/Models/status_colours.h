// The colours of the status LED, the same on every board.
#ifndef STATUS_COLOURS_H
#define STATUS_COLOURS_H

#include <stdbool.h>
#include <stdint.h>

#include "board.h"

typedef struct status_colour {
  // For people, blinking included.
  const char *name;
  // At full brightness, 0 to 255; a board dims them as its LED needs.
  uint8_t red;
  uint8_t green;
  uint8_t blue;
  // On and off for half a second each, else always on.
  bool is_blinking;
} status_colour;

// The colour for `status`; that of BOARD_STATUS_STOPPED for a number that is none.
static inline status_colour status_colour_of(board_status status) {
  switch (status) {
  case BOARD_STATUS_STARTING: return (status_colour){"white blinking", 255, 255, 255, true};
  case BOARD_STATUS_WAITING_FOR_NETWORK: return (status_colour){"yellow", 255, 200, 0, false};
  case BOARD_STATUS_CONNECTING: return (status_colour){"blue blinking", 0, 0, 255, true};
  case BOARD_STATUS_JOINING: return (status_colour){"cyan", 0, 255, 255, false};
  case BOARD_STATUS_JOINED: return (status_colour){"green", 0, 255, 0, false};
  case BOARD_STATUS_RETRYING: return (status_colour){"orange blinking", 255, 100, 0, true};
  case BOARD_STATUS_SENSOR_FAULT: return (status_colour){"magenta", 255, 0, 255, false};
  case BOARD_STATUS_STOPPED: break;
  }
  return (status_colour){"red", 255, 0, 0, false};
}

#endif
