#include "memory.h"

enum {
  // The pattern of start.S: 0xa5a5a5a5.
  STACK_PAINT_BYTE = 0xa5,
};

extern char __stack_bottom[];
extern char __stack_top[];

void board_memory_usage(board_memory *memory) {
  *memory = (board_memory){0};
  const volatile char *bottom = __stack_bottom;
  const volatile char *top = __stack_top;
  const volatile char *untouched = bottom;
  while (untouched < top && (uint8_t)*untouched == STACK_PAINT_BYTE) untouched++;
  memory->stack_peak = (uint32_t)(top - untouched);
  memory->stack_size = (uint32_t)(top - bottom);
  tls_memory_usage(memory);
}
