// What the files of this folder share.
#ifndef NET_NETWORK_INTERNAL_H
#define NET_NETWORK_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lwip/err.h"
#include "lwip/ip_addr.h"

// --- idle.c

// The connection or the link has changed its state: `board_idle` returns.
void network_note_change(void);

// --- interface.c

void interface_start(void);

// Handles changes of the carrier and of the address, and frames that have arrived; stops after a number of frames.
void interface_serve(void);

// --- connection.c

// Goes on with what waits for a name.
void connection_serve(void);

// The card has room again for a frame that it had none for.
void connection_send_again(void);

// Packets cannot leave any more; what is open fails.
void connection_lose_link(void);

// Whether the connection has what `wakes`, a sum of BOARD_WAKE_*, asks for.
bool connection_is_ready(uint32_t wakes);

// --- lookup.c

typedef enum lookup_result {
  LOOKUP_FOUND,
  // Wait for `connection_found` or `connection_not_found`.
  LOOKUP_STARTED,
  // A lookup for another name, or for an earlier connection, is still going on: try again later.
  LOOKUP_BUSY,
  LOOKUP_FAILED,
} lookup_result;

// Finds the IPv4 address of `host`, NUL-terminated: in `address`, or later. `code` is lwIP's, with LOOKUP_FAILED.
lookup_result lookup_start(const char *host, ip_addr_t *address, err_t *code);

// Nobody waits for the lookup any more; its answer is for nobody.
void lookup_abandon(void);

// In connection.c, called by lookup.c.
void connection_found(const ip_addr_t *address);
// `code`: ERR_TIMEOUT when no server answered, ERR_VAL when one did that there is no address.
void connection_not_found(err_t code);

// --- random.c

void random_start(void);

// --- timers.c

// Whether lwIP's timers are being run, as opposed to a frame being handled.
bool timers_are_running(void);

// Runs what is due.
void timers_serve(void);

// When the next is due, in milliseconds from now; UINT32_MAX for never.
uint32_t timers_wait_milliseconds(void);

#endif
