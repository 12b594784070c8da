#include "virtio_net.h"

#include <string.h>

#include "../Start/cpu.h"
#include "console.h"
#include "machine.h"
#include "plic.h"
#include "virtio.h"

enum {
  QUEUE_RECEIVE = 0,
  QUEUE_TRANSMIT = 1,

  FEATURE_ADDRESS = 1 << 5,
  FEATURE_STATUS = 1 << 16,

  // The device's registers (section 5.1.4).
  CONFIGURATION_ADDRESS = 0,
  CONFIGURATION_STATUS = 6,
  STATUS_LINK_UP = 1,

  // In front of each frame (section 5.1.6); all zero, because no offload was agreed on.
  HEADER_COUNT = 12,

  RECEIVE_BUFFER_COUNT = 4,
  TRANSMIT_BUFFER_COUNT = 4,
  TRANSMIT_WAIT_MILLISECONDS = 5,
  NO_BUFFER = -1,
};

// The padding aligns what follows the Ethernet header: 2 + 12 + 14 bytes.
typedef struct frame_buffer {
  uint8_t padding[2];
  uint8_t header[HEADER_COUNT];
  uint8_t frame[VIRTIO_NET_FRAME_COUNT_MAX];
} __attribute__((aligned(4))) frame_buffer;

static virtio_device device;
static virtio_queue receive_queue;
static virtio_queue transmit_queue;
static frame_buffer receive_buffers[RECEIVE_BUFFER_COUNT];
static frame_buffer transmit_buffers[TRANSMIT_BUFFER_COUNT];
// Which transmit buffers the device holds.
static bool is_transmitting[TRANSMIT_BUFFER_COUNT];
// The buffer between begin and end.
static int receive_current = NO_BUFFER;
static int transmit_current = NO_BUFFER;

static void give_receive_buffer(uint16_t index) {
  frame_buffer *buffer = &receive_buffers[index];
  size_t count = sizeof buffer->header + sizeof buffer->frame;
  virtio_queue_give(&receive_queue, index, buffer->header, count, VIRTIO_DEVICE_WRITES);
}

static virtio_error start(void) {
  virtio_error error = virtio_start(&device, VIRTIO_ID_NET, FEATURE_ADDRESS | FEATURE_STATUS);
  if (error != VIRTIO_OK) return error;
  error = virtio_queue_start(&receive_queue, &device, QUEUE_RECEIVE, RECEIVE_BUFFER_COUNT);
  if (error == VIRTIO_OK) error = virtio_queue_start(&transmit_queue, &device, QUEUE_TRANSMIT, TRANSMIT_BUFFER_COUNT);
  if (error != VIRTIO_OK) {
    virtio_give_up(&device);
    return error;
  }
  virtio_run(&device);
  for (uint16_t index = 0; index < RECEIVE_BUFFER_COUNT; index++) give_receive_buffer(index);
  virtio_queue_interrupt(&receive_queue, true);
  plic_enable(device.interrupt);
  return VIRTIO_OK;
}

bool virtio_net_start(uint8_t address[6]) {
  virtio_error error = start();
  if (error != VIRTIO_OK) {
    console_begin(BOARD_LOG_ERROR);
    console_text("no network: virtio-net: ");
    console_text(virtio_error_text(error));
    console_end();
    return false;
  }
  uintptr_t registers = virtio_configuration(&device) + CONFIGURATION_ADDRESS;
  for (size_t index = 0; index < 6; index++) address[index] = machine_read8(registers + index);
  return true;
}

bool virtio_net_has_carrier(void) {
  if (device.base == 0) return false;
  return (machine_read16(virtio_configuration(&device) + CONFIGURATION_STATUS) & STATUS_LINK_UP) != 0;
}

// The device is trusted with memory, so it has to keep to the protocol in everything else too.
static void fail(const char *cause) {
  virtio_give_up(&device);
  receive_current = NO_BUFFER;
  transmit_current = NO_BUFFER;
  console_begin(BOARD_LOG_ERROR);
  console_text("no network any more: virtio-net: ");
  console_text(cause);
  console_end();
}

static void reclaim_transmit_buffers(void) {
  uint16_t index;
  size_t count;
  while (device.base != 0 && virtio_queue_take(&transmit_queue, &index, &count)) {
    if (index >= TRANSMIT_BUFFER_COUNT || !is_transmitting[index]) {
      fail("the device returned a buffer that it did not have");
      return;
    }
    is_transmitting[index] = false;
  }
}

static int free_transmit_buffer(void) {
  reclaim_transmit_buffers();
  if (device.base == 0) return NO_BUFFER;
  for (int index = 0; index < TRANSMIT_BUFFER_COUNT; index++) {
    if (!is_transmitting[index]) return index;
  }
  return NO_BUFFER;
}

// The card gives buffers back a little later than it gets them. A burst (a flood of segments to acknowledge) can take
// all of them, and the network stack would notice a frame that was not sent only after a quarter of a second.
static int wait_for_transmit_buffer(void) {
  uint64_t deadline = cpu_time() + (uint64_t)TRANSMIT_WAIT_MILLISECONDS * CPU_TICKS_PER_MILLISECOND;
  int index = free_transmit_buffer();
  while (index == NO_BUFFER && device.base != 0 && cpu_time() < deadline) index = free_transmit_buffer();
  return index;
}

bool virtio_net_send_begin(uint8_t **frame) {
  transmit_current = wait_for_transmit_buffer();
  if (transmit_current == NO_BUFFER && device.base != 0) {
    // Only now, as interrupts for each frame would be a nuisance; and another look, for one that came in between.
    virtio_queue_interrupt(&transmit_queue, true);
    transmit_current = free_transmit_buffer();
  }
  if (transmit_current == NO_BUFFER) return false;
  virtio_queue_interrupt(&transmit_queue, false);
  *frame = transmit_buffers[transmit_current].frame;
  return true;
}

void virtio_net_send_end(size_t count) {
  int index = transmit_current;
  transmit_current = NO_BUFFER;
  if (index == NO_BUFFER || count == 0 || count > VIRTIO_NET_FRAME_COUNT_MAX) return;
  frame_buffer *buffer = &transmit_buffers[index];
  memset(buffer->header, 0, sizeof buffer->header);
  is_transmitting[index] = true;
  virtio_queue_give(&transmit_queue, (uint16_t)index, buffer->header, sizeof buffer->header + count, 0);
}

bool virtio_net_receive_begin(const uint8_t **frame, size_t *count) {
  uint16_t index;
  size_t written;
  if (device.base == 0 || receive_current != NO_BUFFER) return false;
  if (!virtio_queue_take(&receive_queue, &index, &written)) return false;
  if (index >= RECEIVE_BUFFER_COUNT || written < HEADER_COUNT ||
      written > HEADER_COUNT + VIRTIO_NET_FRAME_COUNT_MAX) {
    fail("the device returned a buffer of an impossible size");
    return false;
  }
  receive_current = index;
  *frame = receive_buffers[index].frame;
  *count = written - HEADER_COUNT;
  return true;
}

void virtio_net_receive_end(void) {
  if (receive_current == NO_BUFFER) return;
  give_receive_buffer((uint16_t)receive_current);
  receive_current = NO_BUFFER;
}

// Claim, then acknowledge, then complete: an interrupt raised before the acknowledgement is about something that the
// caller will find when it looks next, and one raised after it is pending again.
void virtio_net_acknowledge(void) {
  if (device.base == 0) return;
  uint32_t number = plic_claim();
  virtio_acknowledge(&device);
  if (number != 0) plic_complete(number);
}
