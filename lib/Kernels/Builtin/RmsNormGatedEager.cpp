// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The norm that a gate multiplies, which has no fused kernel so far.
#include "Builtin.h"

namespace veomni::kernels {

Kernels builtin::RmsNormGatedEager() {
  return {{.op = "rms_norm_gated",
           .variant = "standard",
           .name = "eager",
           .description = "norm, silu of the gate and products as single steps",
           .lowering = "pass veomni-expand",
           .semantics = {{"cast", {"before_weight"}}, {"activation", {"silu"}}}}};
}

} // namespace veomni::kernels
