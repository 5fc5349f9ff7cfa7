// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the machine can do at most: peaks of arithmetic and of memory, for the benchmarks to compare with.
#include "probes.h"

#include <benchmark/benchmark.h>
#include <ctime>
#include <immintrin.h>

double veomni::benchmarks::cpuSeconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return double(now.tv_sec) + double(now.tv_nsec) * 1e-9;
}

static double secondsSince(double start) { return veomni::benchmarks::cpuSeconds() - start; }

// Sixteen and twelve independent sums: more than latency times ports needs, and as many as there are registers for.
__attribute__((target("avx512f"))) static void fma512(int64_t n) {
  __m512 sums[16], x = _mm512_set1_ps(0.999f), y = _mm512_set1_ps(1e-7f);
  for (int i = 0; i < 16; ++i)
    sums[i] = _mm512_set1_ps(i * 1e-3f);
  for (int64_t k = 0; k < n; ++k)
#pragma clang loop unroll(full)
    for (int i = 0; i < 16; ++i)
      sums[i] = _mm512_fmadd_ps(sums[i], x, y);
  for (int i = 0; i < 16; ++i)
    benchmark::DoNotOptimize(sums[i]);
}

__attribute__((target("avx2,fma"))) static void fma256(int64_t n) {
  __m256 sums[12], x = _mm256_set1_ps(0.999f), y = _mm256_set1_ps(1e-7f);
  for (int i = 0; i < 12; ++i)
    sums[i] = _mm256_set1_ps(i * 1e-3f);
  for (int64_t k = 0; k < n; ++k)
#pragma clang loop unroll(full)
    for (int i = 0; i < 12; ++i)
      sums[i] = _mm256_fmadd_ps(sums[i], x, y);
  for (int i = 0; i < 12; ++i)
    benchmark::DoNotOptimize(sums[i]);
}

__attribute__((target("avx512f,avx512bf16"))) static void dot512(int64_t n) {
  __m512 sums[16];
  __m512bh x = _mm512_cvtne2ps_pbh(_mm512_set1_ps(0.5f), _mm512_set1_ps(0.25f));
  for (int i = 0; i < 16; ++i)
    sums[i] = _mm512_set1_ps(i * 1e-3f);
  for (int64_t k = 0; k < n; ++k)
#pragma clang loop unroll(full)
    for (int i = 0; i < 16; ++i)
      sums[i] = _mm512_dpbf16_ps(sums[i], x, x);
  for (int i = 0; i < 16; ++i)
    benchmark::DoNotOptimize(sums[i]);
}

double veomni::benchmarks::probeBf16Dot() {
  constexpr int64_t n = 50000;
  double start = cpuSeconds();
  dot512(n);
  return double(n) * 16 * 16 * 4 / secondsSince(start);
}

double veomni::benchmarks::probeFma(int64_t lanes) {
  constexpr int64_t n = 50000;
  double start = cpuSeconds();
  if (lanes == 16)
    fma512(n);
  else
    fma256(n);
  return double(n) * (lanes == 16 ? 16 : 12) * lanes * 2 / secondsSince(start);
}

__attribute__((target("avx2"))) double veomni::benchmarks::probeRead(const void *data, size_t size) {
  const float *p = static_cast<const float *>(data);
  __m256 sums[8];
  for (__m256 &sum : sums)
    sum = _mm256_setzero_ps();
  double start = cpuSeconds();
  for (size_t i = 0; i < size / sizeof(float); i += 64)
#pragma clang loop unroll(full)
    for (int j = 0; j < 8; ++j)
      sums[j] = _mm256_add_ps(sums[j], _mm256_loadu_ps(p + i + 8 * j));
  double seconds = secondsSince(start);
  for (__m256 &sum : sums)
    benchmark::DoNotOptimize(sum);
  return size / seconds;
}
