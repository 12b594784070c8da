// lwIP's task.
#ifndef LWIP_TCPIP_H
#define LWIP_TCPIP_H

#include <stdint.h>

typedef int8_t err_t;
enum { ERR_OK = 0, ERR_MEM = -1, ERR_INPROGRESS = -5, ERR_IF = -12 };

err_t tcpip_try_callback(void (*function)(void *context), void *context);

#endif
