// What the tests here share: a line for each test, and a random sequence that is the same on every run.
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

static int check_passed;
static int check_failed;

// A test.
static inline void check(bool is_right, const char *text) {
  printf("%s %s\n", is_right ? "ok" : "FAIL", text);
  if (is_right) {
    check_passed++;
  } else {
    check_failed++;
  }
}

// The last line, and the exit status.
static inline int check_finish(void) {
  printf("%d passed, %d failed\n", check_passed, check_failed);
  return check_failed > 0;
}

// splitmix64.
static inline uint64_t check_random(uint64_t *state) {
  uint64_t z = (*state += 0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

#endif
