// Events of the system.
#ifndef ESP_EVENT_H
#define ESP_EVENT_H

#include <stdint.h>

#include "esp_err.h"

typedef const char *esp_event_base_t;
typedef void (*esp_event_handler_t)(void *context, esp_event_base_t base, int32_t event, void *data);

enum { ESP_EVENT_ANY_ID = -1 };

esp_err_t esp_event_loop_create_default(void);
esp_err_t esp_event_handler_register(
    esp_event_base_t base, int32_t event, esp_event_handler_t handler, void *context);

#endif
