#include <string.h>

#include "receive_buffer.h"

void receive_buffer_clear(receive_buffer *buffer) {
  buffer->start = 0;
  buffer->count = 0;
}

// `count`, or what is left until the memory's end.
static size_t count_in_one_piece(size_t offset, size_t count) {
  size_t left = TCP_WND - offset;
  return count < left ? count : left;
}

bool receive_buffer_add(receive_buffer *buffer, const struct pbuf *segment) {
  size_t count = segment->tot_len;
  if (count > TCP_WND - buffer->count) return false;
  size_t end = (buffer->start + buffer->count) % TCP_WND;
  size_t piece = count_in_one_piece(end, count);
  pbuf_copy_partial(segment, buffer->bytes + end, (u16_t)piece, 0);
  pbuf_copy_partial(segment, buffer->bytes, (u16_t)(count - piece), (u16_t)piece);
  buffer->count += count;
  return true;
}

size_t receive_buffer_take(receive_buffer *buffer, uint8_t *bytes, size_t capacity) {
  size_t count = capacity < buffer->count ? capacity : buffer->count;
  size_t piece = count_in_one_piece(buffer->start, count);
  memcpy(bytes, buffer->bytes + buffer->start, piece);
  memcpy(bytes + piece, buffer->bytes, count - piece);
  buffer->start = (buffer->start + count) % TCP_WND;
  buffer->count -= count;
  return count;
}
