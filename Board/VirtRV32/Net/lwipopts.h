// What this board's lwIP (2.1 or 2.2) has: one Ethernet interface with DHCP, DNS and one TCP connection at a time.
// Each option is described in lwIP's own opt.h.
#ifndef NET_LWIPOPTS_H
#define NET_LWIPOPTS_H

// No threads: everything runs from `board_idle` and the board_tcp_ functions.
#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0
#define LWIP_STATS 0
#define LWIP_NO_CTYPE_H 1
#define LWIP_NO_LIMITS_H 0

#define LWIP_IPV4 1
#define LWIP_IPV6 0
#define LWIP_ARP 1
#define LWIP_ETHERNET 1
#define LWIP_ICMP 1
#define LWIP_RAW 0
#define LWIP_UDP 1
#define LWIP_TCP 1
#define LWIP_DHCP 1
#define LWIP_DNS 1
#define LWIP_IGMP 0
#define LWIP_SINGLE_NETIF 1

// Fragments, in both directions: nothing that is sent or asked for here is larger than a frame.
#define IP_REASSEMBLY 0
#define IP_FRAG 0
#define IP_FORWARD 0

// Waits for 0.5 s more before an address is used.
#define DHCP_DOES_ARP_CHECK 0
#define LWIP_DHCP_DOES_ACD_CHECK 0

// Packets to send: what TCP has not got acknowledged of two connections (the one in use, and one that is being closed),
// and one message of DHCP or DNS.
#define MEM_ALIGNMENT 4
#define MEM_SIZE (5 * 1024)

// Frames that arrive stay in the network card's buffer until lwIP has seen them (LWIP_SUPPORT_CUSTOM_PBUF): there is
// no use for a pool. That is possible because nothing here keeps a frame: TCP's segments out of order are dropped, to
// be sent again by the peer, and its bytes are copied into the connection's buffer.
#define LWIP_SUPPORT_CUSTOM_PBUF 1
#define TCP_QUEUE_OOSEQ 0
#define PBUF_POOL_SIZE 1
#define PBUF_POOL_BUFSIZE 128
#define MEMP_NUM_PBUF 2
// It demands a pool for the whole window.
#define LWIP_DISABLE_TCP_SANITY_CHECKS 1

// The connection in use, one that is being closed, and two in TIME_WAIT, the oldest of which makes way.
#define MEMP_NUM_TCP_PCB 4
#define MEMP_NUM_TCP_PCB_LISTEN 1
// DHCP, and the question to a name server.
#define MEMP_NUM_UDP_PCB 2

// TCP_WND is also the size of the connection's buffer.
#define TCP_MSS 1460
#define TCP_WND (4 * TCP_MSS)
#define TCP_SND_BUF (2 * TCP_MSS)
#define TCP_SND_QUEUELEN 12
#define MEMP_NUM_TCP_SEG (2 * TCP_SND_QUEUELEN)
// No room for bytes to come in each segment: the TLS layer hands over whole records.
#define TCP_OVERSIZE 0
#define TCP_LISTEN_BACKLOG 0

#define ARP_TABLE_SIZE 4
#define ARP_QUEUEING 0
#define ETHARP_SUPPORT_STATIC_ENTRIES 0
// One question at a time: lookup.c.
#define DNS_TABLE_SIZE 1
// Seconds: a server that has moved is found again, whatever its name server said.
#define DNS_MAX_TTL 60
#define DNS_MAX_NAME_LENGTH 256
#define DNS_MAX_SERVERS 2

#define LWIP_HOOK_FILENAME "lwip_hooks.h"

#endif
