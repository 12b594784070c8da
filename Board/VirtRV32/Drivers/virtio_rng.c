#include "virtio_rng.h"

#include <string.h>

#include "../Start/cpu.h"
#include "board.h"
#include "console.h"
#include "virtio.h"

enum {
  // How long one answer may take. In practice it is well below 1 ms; a host under load may need more.
  ANSWER_WAIT_MILLISECONDS = 200,
  POOL_COUNT = 64,
};

// Codes of `board_random`.
enum {
  RANDOM_NO_DEVICE = 1,
  RANDOM_NO_ANSWER = 2,
  RANDOM_BAD_ANSWER = 3,
};

static virtio_device device;
static virtio_queue queue;
// The device writes only in here, never to a caller's memory: an answer that comes too late does no harm.
static uint8_t pool[POOL_COUNT];
// Whether the device holds the pool.
static bool is_asking;

bool virtio_rng_start(void) {
  virtio_error error = virtio_start(&device, VIRTIO_ID_RNG, 0);
  if (error == VIRTIO_OK) {
    error = virtio_queue_start(&queue, &device, 0, 1);
    if (error != VIRTIO_OK) virtio_give_up(&device);
  }
  if (error != VIRTIO_OK) {
    console_begin(BOARD_LOG_ERROR);
    console_text("no random numbers: virtio-rng: ");
    console_text(virtio_error_text(error));
    console_end();
    return false;
  }
  virtio_run(&device);
  return true;
}

// Asks for `wanted` bytes, unless an answer is still due, and waits; the count of those that came in `got`. It may be
// less than was asked for.
static int32_t fill_pool(size_t wanted, size_t *got) {
  uint16_t index;
  if (!is_asking) {
    virtio_queue_give(&queue, 0, pool, wanted < POOL_COUNT ? wanted : POOL_COUNT, VIRTIO_DEVICE_WRITES);
    is_asking = true;
  }
  uint64_t deadline = cpu_time() + (uint64_t)ANSWER_WAIT_MILLISECONDS * CPU_TICKS_PER_MILLISECOND;
  while (!virtio_queue_take(&queue, &index, got)) {
    if (cpu_time() >= deadline) return RANDOM_NO_ANSWER;
  }
  is_asking = false;
  return *got > 0 && *got <= POOL_COUNT ? 0 : RANDOM_BAD_ANSWER;
}

int32_t board_random(uint8_t *bytes, size_t count) {
  if (device.base == 0) return RANDOM_NO_DEVICE;
  // Each round brings at least one byte.
  while (count > 0) {
    size_t got = 0;
    int32_t code = fill_pool(count, &got);
    if (code != 0) return code;
    size_t taken = got < count ? got : count;
    memcpy(bytes, pool, taken);
    // Nothing that was given away stays here.
    memset(pool, 0, POOL_COUNT);
    bytes += taken;
    count -= taken;
  }
  return 0;
}
