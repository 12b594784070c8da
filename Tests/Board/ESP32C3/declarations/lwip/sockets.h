// lwIP's sockets; on the host, the host's.
#ifndef LWIP_SOCKETS_H
#define LWIP_SOCKETS_H

#if HOST_SOCKETS
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#else
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef uint32_t socklen_t;

struct sockaddr {
  uint8_t sa_len;
  uint8_t sa_family;
  char sa_data[14];
};

struct in_addr {
  uint32_t s_addr;
};

struct sockaddr_in {
  uint8_t sin_len;
  uint8_t sin_family;
  uint16_t sin_port;
  struct in_addr sin_addr;
  char sin_zero[8];
};

enum { AF_INET = 2, SOCK_STREAM = 1, SOL_SOCKET = 0xfff, SO_ERROR = 0x1007, IPPROTO_TCP = 6, TCP_NODELAY = 1 };

uint16_t htons(uint16_t number);
int socket(int domain, int type, int protocol);
int connect(int descriptor, const struct sockaddr *peer, socklen_t size);
int setsockopt(int descriptor, int level, int option, const void *value, socklen_t size);
int getsockopt(int descriptor, int level, int option, void *value, socklen_t *size);
ssize_t recv(int descriptor, void *bytes, size_t count, int flags);
ssize_t send(int descriptor, const void *bytes, size_t count, int flags);
#endif

#endif
