// Noise for the random number generator without the radio.
#ifndef BOOTLOADER_RANDOM_H
#define BOOTLOADER_RANDOM_H

void bootloader_random_enable(void);

#endif
