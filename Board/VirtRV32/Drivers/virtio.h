// Virtio over MMIO, version 2 ("modern"; Virtio 1.1, section 4.2) with split queues (2.6), polled.
#ifndef VIRTIO_H
#define VIRTIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum virtio_id {
  VIRTIO_ID_NET = 1,
  VIRTIO_ID_RNG = 4,
} virtio_id;

// Why a device cannot be used.
typedef enum virtio_error {
  VIRTIO_OK = 0,
  VIRTIO_ABSENT,
  VIRTIO_LEGACY,
  VIRTIO_FEATURES_MISSING,
  VIRTIO_FEATURES_REFUSED,
  VIRTIO_QUEUE_MISSING,
} virtio_error;

// `error` in words, for people.
const char *virtio_error_text(virtio_error error);

typedef struct virtio_device {
  // Of its registers; 0 as long as there is no device.
  uintptr_t base;
  // At the interrupt controller.
  uint32_t interrupt;
} virtio_device;

enum {
  VIRTIO_QUEUE_SIZE_MAX = 4,
};

// Descriptor flags.
enum {
  VIRTIO_DEVICE_WRITES = 2,
};

typedef struct virtio_descriptor {
  uint32_t address;
  uint32_t address_high;
  uint32_t count;
  uint16_t flags;
  uint16_t next;
} virtio_descriptor;

typedef struct virtio_available {
  uint16_t flags;
  uint16_t index;
  uint16_t ring[VIRTIO_QUEUE_SIZE_MAX];
} virtio_available;

typedef struct virtio_used {
  uint16_t flags;
  uint16_t index;
  struct {
    uint32_t id;
    uint32_t count;
  } ring[VIRTIO_QUEUE_SIZE_MAX];
} virtio_used;

// A queue and the memory that it shares with the device. Each buffer is one descriptor.
typedef struct virtio_queue {
  virtio_descriptor descriptors[VIRTIO_QUEUE_SIZE_MAX] __attribute__((aligned(16)));
  volatile virtio_used used __attribute__((aligned(4)));
  volatile virtio_available available __attribute__((aligned(4)));
  const virtio_device *device;
  uint16_t number;
  // A power of 2.
  uint16_t size;
  uint16_t used_index;
} virtio_queue;

// Finds the device `id`, resets it and agrees on `features` (bits 0 to 31), all of which it must have.
virtio_error virtio_start(virtio_device *device, virtio_id id, uint32_t features);

// Sets up queue `number` with `size` buffers, at most VIRTIO_QUEUE_SIZE_MAX; without interrupts.
virtio_error virtio_queue_start(virtio_queue *queue, const virtio_device *device, uint16_t number, uint16_t size);

// The device may use its queues from here on.
void virtio_run(const virtio_device *device);

// Leaves the device alone for good, after an error.
void virtio_give_up(virtio_device *device);

// Whether the device interrupts when it has used a buffer of this queue.
void virtio_queue_interrupt(virtio_queue *queue, bool is_wanted);

// Hands buffer `index` to the device.
void virtio_queue_give(virtio_queue *queue, uint16_t index, void *bytes, size_t count, uint16_t flags);

// Takes back a buffer that the device has used: its index and the bytes written to it. False when there is none.
bool virtio_queue_take(virtio_queue *queue, uint16_t *index, size_t *count);

// Ends the device's interrupt.
void virtio_acknowledge(const virtio_device *device);

// The device's own registers.
uintptr_t virtio_configuration(const virtio_device *device);

#endif
