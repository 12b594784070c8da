// lwIP's resolver.
#ifndef LWIP_DNS_H
#define LWIP_DNS_H

#include "lwip/tcpip.h"

typedef struct {
  uint32_t addr;
} ip4_addr_t;

typedef struct {
  union {
    uint32_t ip6[4];
    ip4_addr_t ip4;
  } u_addr;
  uint8_t type;
} ip_addr_t;

#define IP_IS_V4(address) ((address)->type == 0)
#define ip_2_ip4(address) (&(address)->u_addr.ip4)

enum { LWIP_DNS_ADDRTYPE_IPV4 = 0 };

err_t dns_gethostbyname_addrtype(
    const char *name, ip_addr_t *address, void (*found)(const char *name, const ip_addr_t *address, void *context),
    void *context, uint8_t type);

#endif
