// What the compiler calls to divide 64-bit numbers. libgcc's are fast and take 3.5 KB; here nothing divides such numbers
// often, so this is one loop over the bits.
#include <stdint.h>

uint64_t __udivdi3(uint64_t dividend, uint64_t divisor);
uint64_t __umoddi3(uint64_t dividend, uint64_t divisor);
int64_t __divdi3(int64_t dividend, int64_t divisor);
int64_t __moddi3(int64_t dividend, int64_t divisor);

enum { BITS = 64 };

// Division by 0 gives all ones and the dividend, as the processor's own instructions do.
static uint64_t divide(uint64_t dividend, uint64_t divisor, uint64_t *rest) {
  uint64_t left = 0;
  uint64_t quotient = dividend;
  for (int bit = 0; bit < BITS; bit++) {
    // Beyond 64 bits it is larger than any divisor.
    uint64_t overflow = left >> (BITS - 1);
    left = left << 1 | quotient >> (BITS - 1);
    quotient <<= 1;
    if (overflow != 0 || left >= divisor) {
      left -= divisor;
      quotient |= 1;
    }
  }
  *rest = left;
  return quotient;
}

static uint64_t magnitude(int64_t value) {
  return value < 0 ? -(uint64_t)value : (uint64_t)value;
}

uint64_t __udivdi3(uint64_t dividend, uint64_t divisor) {
  uint64_t rest;
  return divide(dividend, divisor, &rest);
}

uint64_t __umoddi3(uint64_t dividend, uint64_t divisor) {
  uint64_t rest;
  divide(dividend, divisor, &rest);
  return rest;
}

int64_t __divdi3(int64_t dividend, int64_t divisor) {
  uint64_t rest;
  uint64_t quotient = divide(magnitude(dividend), magnitude(divisor), &rest);
  return (int64_t)((dividend < 0) != (divisor < 0) ? -quotient : quotient);
}

int64_t __moddi3(int64_t dividend, int64_t divisor) {
  uint64_t rest;
  divide(magnitude(dividend), magnitude(divisor), &rest);
  return (int64_t)(dividend < 0 ? -rest : rest);
}
