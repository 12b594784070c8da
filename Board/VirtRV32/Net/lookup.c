// Name resolution: one question at a time. lwIP cannot take a question back, so an answer that nobody waits for any
// more has to be waited out.
#include "lwip/dns.h"
#include "network_internal.h"

typedef enum lookup_state {
  LOOKUP_IDLE,
  LOOKUP_WANTED,
  LOOKUP_ABANDONED,
} lookup_state;

static lookup_state state = LOOKUP_IDLE;

static void answered(const char *name, const ip_addr_t *address, void *context) {
  (void)name;
  (void)context;
  bool is_wanted = state == LOOKUP_WANTED;
  state = LOOKUP_IDLE;
  if (!is_wanted) return;
  if (address != NULL) {
    connection_found(address);
  } else {
    // lwIP does not say why: its timers give up waiting, a frame brings the answer that there is none.
    connection_not_found(timers_are_running() ? ERR_TIMEOUT : ERR_VAL);
  }
}

lookup_result lookup_start(const char *host, ip_addr_t *address, err_t *code) {
  if (state != LOOKUP_IDLE) return LOOKUP_BUSY;
  *code = dns_gethostbyname(host, address, answered, NULL);
  if (*code == ERR_OK) return LOOKUP_FOUND;
  if (*code != ERR_INPROGRESS) return LOOKUP_FAILED;
  state = LOOKUP_WANTED;
  return LOOKUP_STARTED;
}

void lookup_abandon(void) {
  if (state == LOOKUP_WANTED) state = LOOKUP_ABANDONED;
}
