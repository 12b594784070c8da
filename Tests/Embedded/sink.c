/* The outside world of the minimal node: input that nobody can predict, output that somebody looks at. */
#include <stdint.h>

volatile uint32_t proof_register;

uint32_t proof_input(void) { return proof_register; }
void proof_output(uint32_t value) { proof_register = value; }
