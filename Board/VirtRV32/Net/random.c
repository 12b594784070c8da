// lwIP's random numbers, and the sequence numbers of TCP.
#include <string.h>

#include "../Start/cpu.h"
#include "board.h"
#include "lwip/tcp.h"
#include "mbedtls/sha256.h"
#include "network_internal.h"

enum {
  SECRET_COUNT = 16,
  // mtime ticks in the 4 microseconds of RFC 6528.
  TICKS_PER_SEQUENCE_NUMBER = CPU_TICKS_PER_MILLISECOND / 250,
};

static uint8_t secret[SECRET_COUNT];

// Without random numbers TLS does not connect; the time keeps DHCP going, so that this is what the log shows.
uint32_t network_random(void) {
  uint32_t value;
  if (board_random((uint8_t *)&value, sizeof value) == 0) return value;
  return (uint32_t)cpu_time() * 2654435761U;
}

void random_start(void) {
  for (size_t index = 0; index < SECRET_COUNT; index += sizeof(uint32_t)) {
    uint32_t value = network_random();
    memcpy(secret + index, &value, sizeof value);
  }
}

// RFC 6528: a clock, so that a new connection between the same ports begins beyond the old one, and a keyed hash of the
// addresses and ports, so that nobody else can tell.
u32_t network_sequence_number(
    const ip_addr_t *local_address, u16_t local_port, const ip_addr_t *remote_address, u16_t remote_port) {
  struct {
    uint8_t secret[SECRET_COUNT];
    uint32_t addresses[2];
    uint16_t ports[2];
  } input;
  _Static_assert(sizeof input == SECRET_COUNT + 12, "no padding");
  memcpy(input.secret, secret, SECRET_COUNT);
  input.addresses[0] = ip4_addr_get_u32(ip_2_ip4(local_address));
  input.addresses[1] = ip4_addr_get_u32(ip_2_ip4(remote_address));
  input.ports[0] = local_port;
  input.ports[1] = remote_port;
  uint32_t hash[8] = {0};
  mbedtls_sha256((const uint8_t *)&input, sizeof input, (uint8_t *)hash, 0);
  return hash[0] + (uint32_t)(cpu_time() / TICKS_PER_SEQUENCE_NUMBER);
}
