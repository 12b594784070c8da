// eventfd, as on Linux.
#ifndef ESP_VFS_EVENTFD_H
#define ESP_VFS_EVENTFD_H

#include <stddef.h>

#include "esp_err.h"

typedef struct {
  size_t max_fds;
} esp_vfs_eventfd_config_t;

esp_err_t esp_vfs_eventfd_register(const esp_vfs_eventfd_config_t *configuration);
int eventfd(unsigned int value, int flags);

#endif
