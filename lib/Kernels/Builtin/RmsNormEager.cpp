// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The norm in single steps, the reference of the fused kernel.
#include "Builtin.h"

namespace veomni::kernels {

Kernels builtin::RmsNormEager() {
  return forEveryNorm({.op = "rms_norm",
                       .name = "eager",
                       .description = "square, mean, rsqrt and products as single steps",
                       .lowering = "pass veomni-expand"});
}

} // namespace veomni::kernels
