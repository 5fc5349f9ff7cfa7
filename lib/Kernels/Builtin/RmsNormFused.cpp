// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The norm in one pass over a row.
#include "Builtin.h"

namespace veomni::kernels {

Kernels builtin::RmsNormFused() {
  return forEveryNorm({.op = "rms_norm",
                       .name = "fused",
                       .description = "one pass over each row, mean of squares in f32",
                       .lowering = "kernels rms_norm, add_rms_norm",
                       .target = "cpu",
                       .preference = 10});
}

} // namespace veomni::kernels
