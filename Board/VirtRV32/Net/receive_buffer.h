// Bytes that have arrived and have not been read: as many as TCP's window, so that there is always room.
#ifndef NET_RECEIVE_BUFFER_H
#define NET_RECEIVE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lwip/opt.h"
#include "lwip/pbuf.h"

typedef struct receive_buffer {
  uint8_t bytes[TCP_WND];
  // Of the first byte.
  size_t start;
  size_t count;
} receive_buffer;

void receive_buffer_clear(receive_buffer *buffer);

// Adds all bytes of `segment`; false, and nothing added, when they do not fit.
bool receive_buffer_add(receive_buffer *buffer, const struct pbuf *segment);

// Takes at most `capacity` bytes; their count.
size_t receive_buffer_take(receive_buffer *buffer, uint8_t *bytes, size_t capacity);

#endif
