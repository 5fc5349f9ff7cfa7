// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Gated units in single steps, the reference of the fused kernels.
#include "Builtin.h"

namespace veomni::kernels {

Kernels builtin::SwigluMlpEager() {
  return {{.op = "swiglu_mlp",
           .variant = "standard",
           .name = "eager",
           .description = "activation and product as single steps",
           .lowering = "pass veomni-expand",
           .semantics = {{"activation", {"silu", "gelu", "gelu_tanh"}},
                         {"gate_up", {"apart", "packed", "interleaved"}},
                         {"limit", {"none", "clamp"}},
                         {"alpha", {"none", "set"}},
                         {"up_shift", {"none", "set"}}}}};
}

} // namespace veomni::kernels
