// The random number generator: virtio-rng (Virtio 1.1, section 5.4), which gives the host's.
#ifndef VIRTIO_RNG_H
#define VIRTIO_RNG_H

#include <stdbool.h>

// Starts the generator; false, with the cause in the log, when there is none that can be used: `board_random` fails
// then.
bool virtio_rng_start(void);

#endif
