// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Builtin.h"

namespace veomni::kernels {

Kernels swigluMlpEager() {
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
