// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What this core can do at best, measured beside what is benchmarked: shared machines change from one second to the
// next.
#ifndef VEOMNI_BENCHMARKS_PROBES_H
#define VEOMNI_BENCHMARKS_PROBES_H

#include <cstddef>
#include <cstdint>

namespace veomni::benchmarks {

/// Of this thread: a call longer than a time slice would never pass without the time of a neighbour.
double cpuSeconds();

/// f32 operations per second of fused multiply-adds on registers of `lanes` (8 or 16), over about a fifth of a
/// millisecond.
double probeFma(int64_t lanes);

/// Operations per second of bf16 dot products on registers (two multiply-adds per lane), over about as long.
double probeBf16Dot();

/// Bytes per second of reading a buffer of `size` bytes (a multiple of 512) once.
double probeRead(const void *data, size_t size);

} // namespace veomni::benchmarks

#endif // VEOMNI_BENCHMARKS_PROBES_H
