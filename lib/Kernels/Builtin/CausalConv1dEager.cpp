// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The convolution of linear attention, whose taps are single steps so far.
#include "Builtin.h"

namespace veomni::kernels {

Kernels builtin::CausalConv1dEager() {
  return {{.op = "causal_conv1d",
           .variant = "standard",
           .name = "eager",
           .description = "shifted tokens times a column of the weight, summed one after the other",
           .lowering = "pass veomni-expand",
           .semantics = {{"activation", {"none", "silu"}}, {"bias", {"no", "yes"}}}}};
}

} // namespace veomni::kernels
