// What the board is configured with from outside the image: a tar archive with one file for each value, which QEMU
// loads into a part of memory that the program can only read. Files are named after their keys (board.h).
//
//   tar --create --file configuration.tar --directory FOLDER .
//   qemu-system-riscv32 ... -device loader,file=configuration.tar,addr=0x80800000,force-raw=on
//
// QEMU's own way for this is fw_cfg, but QEMU 7.1 and 7.2 refuse -fw_cfg on this machine: they create the device too
// late ("fw_cfg device not available").
#ifndef CONFIGURATION_H
#define CONFIGURATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Checks the archive, and logs what is wrong with it. Only what comes before a fault can be found.
void configuration_start(void);

// The value of `key`, which stays where it is; false when there is none.
bool configuration_find(const char *key, const uint8_t **bytes, size_t *count);

#endif
