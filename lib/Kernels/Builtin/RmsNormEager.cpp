// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Builtin.h"

namespace veomni::kernels {

Kernels rmsNormEager() {
  return forEveryNorm({.op = "rms_norm",
                       .name = "eager",
                       .description = "square, mean, rsqrt and products as single steps",
                       .lowering = "pass veomni-expand"});
}

} // namespace veomni::kernels
