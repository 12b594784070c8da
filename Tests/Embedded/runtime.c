/* All that the minimal node is linked with besides Swift: the entry, what the compiler calls for memory blocks and
   64-bit arithmetic (RV32 has neither), and the end of a trap. There is no allocator here, on purpose. */
#include <stddef.h>
#include <stdint.h>

int main(int count, char **arguments);

void _start(void) {
  main(0, NULL);
  for (;;) {
  }
}

void *memcpy(void *to, const void *from, size_t count) {
  unsigned char *out = to;
  const unsigned char *in = from;
  while (count--) *out++ = *in++;
  return to;
}

void *memmove(void *to, const void *from, size_t count) {
  unsigned char *out = to;
  const unsigned char *in = from;
  if (out <= in) return memcpy(to, from, count);
  while (count--) out[count] = in[count];
  return to;
}

void *memset(void *to, int value, size_t count) {
  unsigned char *out = to;
  while (count--) *out++ = (unsigned char)value;
  return to;
}

int memcmp(const void *left, const void *right, size_t count) {
  const unsigned char *a = left, *b = right;
  for (; count--; a++, b++)
    if (*a != *b) return *a - *b;
  return 0;
}

/* 64-bit helpers from halves: nothing here may itself need a 64-bit helper. */
union halves {
  uint64_t whole;
  struct {
    uint32_t low, high;
  };
};

uint64_t __ashldi3(uint64_t value, int by) {
  union halves in = {value}, out = {0};
  if (by & 32) {
    out.high = in.low << (by & 31);
  } else if (by) {
    out.low = in.low << by;
    out.high = in.high << by | in.low >> (32 - by);
  } else {
    out = in;
  }
  return out.whole;
}

uint64_t __lshrdi3(uint64_t value, int by) {
  union halves in = {value}, out = {0};
  if (by & 32) {
    out.low = in.high >> (by & 31);
  } else if (by) {
    out.high = in.high >> by;
    out.low = in.low >> by | in.high << (32 - by);
  } else {
    out = in;
  }
  return out.whole;
}

int64_t __ashrdi3(int64_t value, int by) {
  union halves in = {(uint64_t)value}, out;
  uint32_t sign = (uint32_t)((int32_t)in.high >> 31);
  out.whole = __lshrdi3(in.whole, by);
  if (by & 32) {
    out.high = sign;
    if (by & 31) out.low |= sign << (32 - (by & 31));
  } else if (by) {
    out.high |= sign << (32 - by);
  }
  return (int64_t)out.whole;
}

static uint64_t divide(uint64_t dividend, uint64_t divisor, uint64_t *rest) {
  union halves left = {0}, quotient = {dividend};
  for (int bit = 0; bit < 64; bit++) {
    left.high = left.high << 1 | left.low >> 31;
    left.low = left.low << 1 | quotient.high >> 31;
    quotient.high = quotient.high << 1 | quotient.low >> 31;
    quotient.low <<= 1;
    if (left.whole >= divisor) {
      left.whole -= divisor;
      quotient.low |= 1;
    }
  }
  *rest = left.whole;
  return quotient.whole;
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
  uint64_t result = divide(dividend < 0 ? -(uint64_t)dividend : (uint64_t)dividend,
                           divisor < 0 ? -(uint64_t)divisor : (uint64_t)divisor, &rest);
  return (int64_t)((dividend < 0) != (divisor < 0) ? -result : result);
}

int64_t __moddi3(int64_t dividend, int64_t divisor) {
  uint64_t rest;
  divide(dividend < 0 ? -(uint64_t)dividend : (uint64_t)dividend,
         divisor < 0 ? -(uint64_t)divisor : (uint64_t)divisor, &rest);
  return (int64_t)(dividend < 0 ? -rest : rest);
}
