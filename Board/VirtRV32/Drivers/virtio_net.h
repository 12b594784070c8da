// The network card: Ethernet frames over virtio (Virtio 1.1, section 5.1), one at a time in each direction.
#ifndef VIRTIO_NET_H
#define VIRTIO_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  // An Ethernet frame without its checksum: 14 bytes of header, 1,500 of payload.
  VIRTIO_NET_FRAME_COUNT_MAX = 1514,
};

// Starts the card and writes its address; false, with the cause in the log, when there is none that can be used. The
// functions below may be called all the same: then there is no carrier, nothing arrives, and nothing can be sent.
bool virtio_net_start(uint8_t address[6]);

// Whether the cable is plugged in, so to speak: `set_link` in QEMU's monitor. A change ends `cpu_wait_until`.
bool virtio_net_has_carrier(void);

// A buffer for the next frame to send, of VIRTIO_NET_FRAME_COUNT_MAX bytes, its third byte aligned to 4 (so that what
// follows the Ethernet header is). Waits for one for at most 5 ms; false when the card still holds all of them:
// `cpu_wait_until` then ends when it gives one back.
bool virtio_net_send_begin(uint8_t **frame);

// Sends the first `count` bytes of the buffer, at most VIRTIO_NET_FRAME_COUNT_MAX; 0 to send nothing.
void virtio_net_send_end(size_t count);

// The next frame that has arrived, aligned as above, valid until `virtio_net_receive_end`; false when there is none.
bool virtio_net_receive_begin(const uint8_t **frame, size_t *count);

// Gives the frame's buffer back to the card.
void virtio_net_receive_end(void);

// Ends the card's interrupt, if there is one. `cpu_wait_until` calls it.
void virtio_net_acknowledge(void);

#endif
