// The partition of the non-volatile storage.
#ifndef NVS_FLASH_H
#define NVS_FLASH_H

#include "nvs.h"

#define NVS_DEFAULT_PART_NAME "nvs"

// No nvs_flash_erase: the project never erases what somebody stored.
esp_err_t nvs_flash_init(void);
esp_err_t nvs_flash_init_partition(const char *partition);

#endif
