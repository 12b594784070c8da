// What lwIP asks of the compiler and the platform.
#ifndef NET_ARCH_CC_H
#define NET_ARCH_CC_H

#include <stdint.h>

// 32 unpredictable bits: DHCP and DNS identifiers, ports.
uint32_t network_random(void);
#define LWIP_RAND() network_random()

// lwIP's checks of itself stop the board, which reports where; their texts would be 4 KB.
#define LWIP_PLATFORM_ASSERT(text) __builtin_trap()
#define LWIP_PLATFORM_DIAG(arguments) ((void)0)

// Frames are in memory so that the headers behind Ethernet's are aligned (see interface.c, which checks the headers'
// sizes); without this the compiler would read them byte by byte.
#define PACK_STRUCT_STRUCT
#define LWIP_SKIP_PACKING_CHECK

#endif
