// The emulated board trusts whom its configuration names, and has no CAs of its own.
#include "board.h"

board_attach_bundle board_trust_bundle(void) {
  return NULL;
}
