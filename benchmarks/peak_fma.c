// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The highest float32 multiply-add rate of one core, as the yardstick of a measurement: independent chains of vector
// FMAs in registers. Built for the host by measure.py, since the widest vectors of the machine at hand are what counts.
#include <time.h>

#if defined(__AVX512F__)
enum { lanes = 16, chains = 24 };
#elif defined(__AVX__)
enum { lanes = 8, chains = 12 };
#else
enum { lanes = 4, chains = 12 };
#endif

typedef float vector __attribute__((vector_size(lanes * sizeof(float))));

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

// Best of `repeats` runs, in FLOP/s.
double peak_fma(int repeats) {
  const long steps = 1000000;
  double best = 0;
  for (int r = 0; r < repeats; ++r) {
    vector sums[chains], x = {0}, y = {0};
    for (int i = 0; i < lanes; ++i) {
      x[i] = 0.999f;
      y[i] = 0.001f;
    }
#pragma clang loop unroll(full)
    for (int c = 0; c < chains; ++c)
      sums[c] = x * (float)c;
    double start = now();
    for (long s = 0; s < steps; ++s) {
#pragma clang loop unroll(full)
      for (int c = 0; c < chains; ++c)
        sums[c] = sums[c] * x + y;
      // Keeps the chains in registers and the loop in place.
#pragma clang loop unroll(full)
      for (int c = 0; c < chains; ++c)
        __asm__ volatile("" : "+v"(sums[c]));
    }
    double rate = 2.0 * lanes * chains * steps / (now() - start);
    best = rate > best ? rate : best;
  }
  return best;
}
