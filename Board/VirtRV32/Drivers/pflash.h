// The second flash of QEMU's `virt` machine: 128 sectors of 256 KB, Intel's command set (CFI 0001).
//
// `-drive if=pflash,unit=1,format=raw,file=FLASH`, with a file of 32 MB, keeps it; without that it is blank at each
// start of QEMU, and still there after a restart of the board. QEMU 7.2 loads no -kernel when it is given: use -bios.
#ifndef PFLASH_H
#define PFLASH_H

#include <stdbool.h>
#include <stdint.h>

enum {
  PFLASH_SECTOR_SIZE = 256 * 1024,
};

// Whether there is such a flash.
bool pflash_start(void);

// False when the place is outside of the flash, or not a multiple of 4 where it has to be, or the flash reports a
// failure. A word takes at most 10 ms to program (QEMU: some microseconds), a sector 4 s to erase (QEMU: under 1 ms).
bool pflash_read(uint32_t offset, void *bytes, uint32_t count);
bool pflash_program(uint32_t offset, const void *bytes, uint32_t count);
bool pflash_erase(uint32_t sector);

#endif
