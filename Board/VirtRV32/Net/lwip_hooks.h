// Where lwIP calls the board.
#ifndef NET_LWIP_HOOKS_H
#define NET_LWIP_HOOKS_H

#include "lwip/arch.h"
#include "lwip/ip_addr.h"

// The first sequence number of a connection.
u32_t network_sequence_number(
    const ip_addr_t *local_address, u16_t local_port, const ip_addr_t *remote_address, u16_t remote_port);
#define LWIP_HOOK_TCP_ISN network_sequence_number

#endif
