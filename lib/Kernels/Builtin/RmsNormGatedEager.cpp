// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Builtin.h"

namespace veomni::kernels {

Kernels rmsNormGatedEager() {
  return {{.op = "rms_norm_gated",
           .variant = "standard",
           .name = "eager",
           .description = "norm, silu of the gate and products as single steps",
           .lowering = "pass veomni-expand",
           .semantics = {{"cast", {"before_weight"}}, {"activation", {"silu"}}}}};
}

} // namespace veomni::kernels
