// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// MXFP4: blocks of 32 numbers of 4 bits (e2m1) that share a scale of 8 bits (e8m0). OCP Microscaling Formats 1.0,
// sections 5 and 6.
#ifndef VEOMNI_RUNTIME_CHECKPOINT_MXFP4_H
#define VEOMNI_RUNTIME_CHECKPOINT_MXFP4_H

#include "veomni/schema/bundle_generated.h"

#include <cstddef>
#include <cstdint>

namespace veomni {

inline constexpr int64_t mxfp4BlockElements = 32, mxfp4BlockBytes = 16;

/// Writes elements [at, at + count) as `type`, f32 or bf16; `blocks` and `scales` begin at element 0. Exact, but for
/// what f32 cannot hold: that is infinity. A scale of 255 makes its block NaN.
void dequantiseMxfp4(const std::byte *blocks, const std::byte *scales, int64_t at, size_t count, bundle::DType type,
                     std::byte *target);

} // namespace veomni

#endif // VEOMNI_RUNTIME_CHECKPOINT_MXFP4_H
