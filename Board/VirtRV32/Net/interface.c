// The network interface: Ethernet frames between lwIP and the card, carrier, and the address from DHCP.
#include <string.h>

#include "../Drivers/virtio_net.h"
#include "board.h"
#include "lwip/dhcp.h"
#include "lwip/etharp.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "lwip/prot/dhcp.h"
#include "lwip/prot/ethernet.h"
#include "lwip/prot/ip4.h"
#include "lwip/prot/tcp.h"
#include "lwip/prot/udp.h"
#include "netif/ethernet.h"
#include "network_internal.h"

enum {
  // Frames handled in one go, so that the firmware has its turn in a flood.
  FRAMES_PER_TURN_MAX = 16,
  MTU = 1500,
};

// The headers as they are on the wire, without padding: see arch/cc.h.
_Static_assert(sizeof(struct eth_hdr) == SIZEOF_ETH_HDR, "Ethernet");
_Static_assert(sizeof(struct etharp_hdr) == 28, "ARP");
_Static_assert(sizeof(struct ip_hdr) == 20, "IP");
_Static_assert(sizeof(struct udp_hdr) == 8, "UDP");
_Static_assert(sizeof(struct tcp_hdr) == 20, "TCP");
_Static_assert(offsetof(struct dhcp_msg, options) == 240, "DHCP");

static struct netif interface;
static board_link link = BOARD_LINK_DOWN;

// The frame that lwIP is looking at, in the card's buffer.
static struct pbuf_custom frame;
static bool is_frame_in_use;

// The card had no room for a frame, which lwIP keeps if it is of the connection.
static bool is_frame_waiting;

static void frame_free(struct pbuf *buffer) {
  (void)buffer;
  is_frame_in_use = false;
  virtio_net_receive_end();
}

static err_t send_frame(struct netif *netif, struct pbuf *buffer) {
  (void)netif;
  if (buffer->tot_len > VIRTIO_NET_FRAME_COUNT_MAX) return ERR_BUF;
  if (!virtio_net_has_carrier()) return ERR_IF;
  uint8_t *bytes;
  is_frame_waiting = !virtio_net_send_begin(&bytes);
  if (is_frame_waiting) return ERR_MEM;
  virtio_net_send_end(pbuf_copy_partial(buffer, bytes, buffer->tot_len, 0));
  return ERR_OK;
}

static err_t interface_init(struct netif *netif) {
  netif->name[0] = 'v';
  netif->name[1] = 'n';
  netif->output = etharp_output;
  netif->linkoutput = send_frame;
  netif->mtu = MTU;
  netif->hwaddr_len = ETH_HWADDR_LEN;
  netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
  virtio_net_start(netif->hwaddr);
  frame.custom_free_function = frame_free;
  return ERR_OK;
}

void interface_start(void) {
  netif_add_noaddr(&interface, NULL, interface_init, ethernet_input);
  netif_set_default(&interface);
  netif_set_up(&interface);
}

board_link board_link_state(void) {
  return link;
}

// DHCP starts from the beginning with each carrier: behind it may be another network, in which the old address is
// wrong. So it is given up with the carrier, and the connections that have it end.
static void handle_carrier(bool has_carrier) {
  if (has_carrier == (netif_is_link_up(&interface) != 0)) return;
  if (has_carrier) {
    netif_set_link_up(&interface);
    dhcp_start(&interface);
  } else {
    connection_lose_link();
    netif_set_link_down(&interface);
    dhcp_release_and_stop(&interface);
  }
}

static board_link link_now(void) {
  if (!netif_is_link_up(&interface)) return BOARD_LINK_DOWN;
  return dhcp_supplied_address(&interface) ? BOARD_LINK_UP : BOARD_LINK_ACQUIRING_ADDRESS;
}

static void handle_frame(const uint8_t *bytes, size_t count) {
  is_frame_in_use = true;
  struct pbuf *buffer =
      pbuf_alloced_custom(PBUF_RAW, (u16_t)count, PBUF_REF, &frame, (void *)(uintptr_t)bytes, (u16_t)count);
  if (interface.input(buffer, &interface) != ERR_OK) pbuf_free(buffer);
}

void interface_serve(void) {
  handle_carrier(virtio_net_has_carrier());
  const uint8_t *bytes;
  size_t count;
  for (int turn = 0; turn < FRAMES_PER_TURN_MAX && !is_frame_in_use; turn++) {
    if (!virtio_net_receive_begin(&bytes, &count)) break;
    handle_frame(bytes, count);
  }
  if (is_frame_waiting) {
    is_frame_waiting = false;
    connection_send_again();
  }
  board_link before = link;
  link = link_now();
  if (link != before) network_note_change();
  if (before == BOARD_LINK_UP && link != BOARD_LINK_UP) connection_lose_link();
}
