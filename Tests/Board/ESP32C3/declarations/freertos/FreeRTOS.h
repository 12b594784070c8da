// Critical sections.
#ifndef FREERTOS_H
#define FREERTOS_H

#include <stdint.h>

typedef uint32_t TickType_t;
typedef uint32_t UBaseType_t;

typedef struct {
  uint32_t owner;
  uint32_t count;
} portMUX_TYPE;

#define portMUX_INITIALIZER_UNLOCKED {0xB33FFFFF, 0}
#define portENTER_CRITICAL(lock) critical_section_enter(lock)
#define portEXIT_CRITICAL(lock) critical_section_leave(lock)

void critical_section_enter(portMUX_TYPE *lock);
void critical_section_leave(portMUX_TYPE *lock);

#endif
