// The serial console: a 16550.
#ifndef UART_H
#define UART_H

#include <stdint.h>

// 8 bits, no parity, FIFOs on, no interrupts.
void uart_start(void);

// Sends one byte; waits for room for at most 10 ms, then drops it.
void uart_put(uint8_t byte);

#endif
