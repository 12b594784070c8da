// The heap.
#ifndef ESP_HEAP_CAPS_H
#define ESP_HEAP_CAPS_H

#include <stddef.h>
#include <stdint.h>

enum { MALLOC_CAP_DEFAULT = 1 << 12 };

size_t heap_caps_get_free_size(uint32_t kind);
size_t heap_caps_get_minimum_free_size(uint32_t kind);
size_t heap_caps_get_largest_free_block(uint32_t kind);

#endif
