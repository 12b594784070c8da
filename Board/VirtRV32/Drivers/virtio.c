#include "virtio.h"

#include <string.h>

#include "machine.h"

// Registers (section 4.2.2).
enum {
  MAGIC = 0x000,
  VERSION = 0x004,
  DEVICE_ID = 0x008,
  DEVICE_FEATURES = 0x010,
  DEVICE_FEATURES_SELECT = 0x014,
  DRIVER_FEATURES = 0x020,
  DRIVER_FEATURES_SELECT = 0x024,
  QUEUE_SELECT = 0x030,
  QUEUE_SIZE_MAX = 0x034,
  QUEUE_SIZE = 0x038,
  QUEUE_READY = 0x044,
  QUEUE_NOTIFY = 0x050,
  INTERRUPT_STATUS = 0x060,
  INTERRUPT_ACKNOWLEDGE = 0x064,
  STATUS = 0x070,
  QUEUE_DESCRIPTORS = 0x080,
  QUEUE_AVAILABLE = 0x090,
  QUEUE_USED = 0x0a0,
  CONFIGURATION = 0x100,
};

enum {
  MAGIC_VALUE = 0x74726976,
  VERSION_LEGACY = 1,
  VERSION_MODERN = 2,
  // VIRTIO_F_VERSION_1 is bit 32, the first of the second word of features.
  FEATURES_HIGH_VERSION_1 = 1,
};

// Bits of STATUS (section 2.1).
enum {
  STATUS_ACKNOWLEDGE = 1,
  STATUS_DRIVER = 2,
  STATUS_DRIVER_OK = 4,
  STATUS_FEATURES_OK = 8,
  STATUS_FAILED = 128,
};

enum {
  AVAILABLE_NO_INTERRUPT = 1,
  USED_NO_NOTIFY = 1,
};

const char *virtio_error_text(virtio_error error) {
  switch (error) {
  case VIRTIO_OK: return "no error";
  case VIRTIO_ABSENT: return "no such device";
  case VIRTIO_LEGACY: return "a legacy device; start QEMU with -global virtio-mmio.force-legacy=false";
  case VIRTIO_FEATURES_MISSING: return "the device lacks a feature";
  case VIRTIO_FEATURES_REFUSED: return "the device refuses its own features";
  case VIRTIO_QUEUE_MISSING: return "the device lacks a queue, or has too small a one";
  }
  return "unknown error";
}

static void set_status(const virtio_device *device, uint32_t bits) {
  machine_write32(device->base + STATUS, machine_read32(device->base + STATUS) | bits);
}

static virtio_error find(virtio_device *device, virtio_id id) {
  virtio_error error = VIRTIO_ABSENT;
  for (uint32_t slot = 0; slot < MACHINE_VIRTIO_COUNT; slot++) {
    uintptr_t base = MACHINE_VIRTIO + slot * MACHINE_VIRTIO_STRIDE;
    if (machine_read32(base + MAGIC) != MAGIC_VALUE || machine_read32(base + DEVICE_ID) != (uint32_t)id) continue;
    uint32_t version = machine_read32(base + VERSION);
    if (version == VERSION_MODERN) {
      device->base = base;
      device->interrupt = MACHINE_VIRTIO_INTERRUPT + slot;
      return VIRTIO_OK;
    }
    if (version == VERSION_LEGACY) error = VIRTIO_LEGACY;
  }
  return error;
}

static uint32_t offered_features(const virtio_device *device, uint32_t word) {
  machine_write32(device->base + DEVICE_FEATURES_SELECT, word);
  return machine_read32(device->base + DEVICE_FEATURES);
}

static void accept_features(const virtio_device *device, uint32_t word, uint32_t features) {
  machine_write32(device->base + DRIVER_FEATURES_SELECT, word);
  machine_write32(device->base + DRIVER_FEATURES, features);
}

// The order of section 3.1.1.
virtio_error virtio_start(virtio_device *device, virtio_id id, uint32_t features) {
  virtio_error error = find(device, id);
  if (error != VIRTIO_OK) return error;
  machine_write32(device->base + STATUS, 0);
  set_status(device, STATUS_ACKNOWLEDGE);
  set_status(device, STATUS_DRIVER);
  bool has_version_1 = (offered_features(device, 1) & FEATURES_HIGH_VERSION_1) != 0;
  if (!has_version_1 || (offered_features(device, 0) & features) != features) {
    virtio_give_up(device);
    return VIRTIO_FEATURES_MISSING;
  }
  accept_features(device, 0, features);
  accept_features(device, 1, FEATURES_HIGH_VERSION_1);
  set_status(device, STATUS_FEATURES_OK);
  if ((machine_read32(device->base + STATUS) & STATUS_FEATURES_OK) == 0) {
    virtio_give_up(device);
    return VIRTIO_FEATURES_REFUSED;
  }
  return VIRTIO_OK;
}

static void set_queue_address(const virtio_device *device, uint32_t offset, const volatile void *address) {
  machine_write32(device->base + offset, (uint32_t)(uintptr_t)address);
  machine_write32(device->base + offset + 4, 0);
}

virtio_error virtio_queue_start(virtio_queue *queue, const virtio_device *device, uint16_t number, uint16_t size) {
  memset(queue, 0, sizeof *queue);
  queue->device = device;
  queue->number = number;
  queue->size = size;
  queue->available.flags = AVAILABLE_NO_INTERRUPT;
  machine_write32(device->base + QUEUE_SELECT, number);
  if (machine_read32(device->base + QUEUE_READY) != 0) return VIRTIO_QUEUE_MISSING;
  if (machine_read32(device->base + QUEUE_SIZE_MAX) < size) return VIRTIO_QUEUE_MISSING;
  machine_write32(device->base + QUEUE_SIZE, size);
  set_queue_address(device, QUEUE_DESCRIPTORS, queue->descriptors);
  set_queue_address(device, QUEUE_AVAILABLE, &queue->available);
  set_queue_address(device, QUEUE_USED, &queue->used);
  machine_fence();
  machine_write32(device->base + QUEUE_READY, 1);
  return VIRTIO_OK;
}

void virtio_run(const virtio_device *device) {
  set_status(device, STATUS_DRIVER_OK);
}

void virtio_give_up(virtio_device *device) {
  if (device->base == 0) return;
  // The reset takes back all buffers; FAILED tells whoever looks why nothing moves.
  machine_write32(device->base + STATUS, 0);
  machine_write32(device->base + STATUS, STATUS_FAILED);
  device->base = 0;
}

void virtio_queue_interrupt(virtio_queue *queue, bool is_wanted) {
  queue->available.flags = is_wanted ? 0 : AVAILABLE_NO_INTERRUPT;
  machine_fence();
}

void virtio_queue_give(virtio_queue *queue, uint16_t index, void *bytes, size_t count, uint16_t flags) {
  queue->descriptors[index] = (virtio_descriptor){
      .address = (uint32_t)(uintptr_t)bytes,
      .count = (uint32_t)count,
      .flags = flags,
  };
  uint16_t next = queue->available.index;
  queue->available.ring[next & (queue->size - 1)] = index;
  machine_fence();
  queue->available.index = (uint16_t)(next + 1);
  machine_fence();
  if ((queue->used.flags & USED_NO_NOTIFY) == 0) machine_write32(queue->device->base + QUEUE_NOTIFY, queue->number);
}

bool virtio_queue_take(virtio_queue *queue, uint16_t *index, size_t *count) {
  if (queue->used_index == queue->used.index) return false;
  machine_fence();
  uint16_t slot = queue->used_index & (queue->size - 1);
  *index = (uint16_t)queue->used.ring[slot].id;
  *count = queue->used.ring[slot].count;
  queue->used_index++;
  return true;
}

void virtio_acknowledge(const virtio_device *device) {
  uint32_t pending = machine_read32(device->base + INTERRUPT_STATUS);
  machine_write32(device->base + INTERRUPT_ACKNOWLEDGE, pending);
}

uintptr_t virtio_configuration(const virtio_device *device) {
  return device->base + CONFIGURATION;
}
