// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// FP8 weights: numbers of 8 bits (e4m3, no infinities) with one scale per block of rows and columns, as
// DeepSeek-V3 is published.
#ifndef VEOMNI_RUNTIME_CHECKPOINT_FP8_H
#define VEOMNI_RUNTIME_CHECKPOINT_FP8_H

#include "veomni/runtime/ElementType.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace veomni {

/// The number that a code stands for.
float fp8Number(uint8_t code);

/// A matrix of so many columns in blocks.
struct Fp8Blocks {
  int64_t columns = 0;
  std::array<int64_t, 2> block = {};
};

/// Writes elements [at, at + count) as float32, each rounded once; `numbers` and `scales` (f32, bf16 or f16, which
/// widen without loss; one row per row of blocks) begin at element 0.
void dequantiseFp8(const std::byte *numbers, const std::byte *scales, ElementType scaleType, const Fp8Blocks &blocks,
                   int64_t at, size_t count, std::byte *target);

} // namespace veomni

#endif // VEOMNI_RUNTIME_CHECKPOINT_FP8_H
