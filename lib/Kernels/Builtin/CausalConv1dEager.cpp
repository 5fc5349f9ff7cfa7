// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Builtin.h"

namespace veomni::kernels {

Kernels causalConv1dEager() {
  return {{.op = "causal_conv1d",
           .variant = "standard",
           .name = "eager",
           .description = "shifted tokens times a column of the weight, summed one after the other",
           .lowering = "pass veomni-expand",
           .semantics = {{"activation", {"none", "silu"}}, {"bias", {"no", "yes"}}}}};
}

} // namespace veomni::kernels
