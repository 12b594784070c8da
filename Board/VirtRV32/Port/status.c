// The status LED of board.h: the emulated board has none, and writes its colour on the console.
#include "../../Models/status_colours.h"
#include "../Drivers/console.h"

void board_show_status(board_status status) {
  static board_status shown = BOARD_STATUS_STOPPED;
  static bool is_shown;
  if (is_shown && shown == status) return;
  shown = status;
  is_shown = true;
  console_begin(BOARD_LOG_DEBUG);
  console_text("led: ");
  console_text(status_colour_of(status).name);
  console_end();
}
