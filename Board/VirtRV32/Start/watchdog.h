// The watchdog: the timer's interrupt when the firmware has made no progress, see trap.c.
#ifndef WATCHDOG_H
#define WATCHDOG_H

#include <stdint.h>

// From now on `board_watchdog_feed` must be called, or the board restarts.
void watchdog_start(void);

#endif
