// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Gated units in one pass.
#include "Builtin.h"

namespace veomni::kernels {

Kernels builtin::SwigluMlpFused() {
  return {{.op = "swiglu_mlp",
           .variant = "standard",
           .name = "fused",
           .description = "act(gate) * up in one pass",
           .lowering = "kernels glu, packed_glu",
           .target = "cpu",
           .semantics = {{"activation", {"silu", "gelu", "gelu_tanh"}},
                         {"gate_up", {"apart", "packed", "interleaved"}},
                         {"limit", {"none", "clamp"}},
                         {"alpha", {"none", "set"}},
                         {"up_shift", {"none", "set"}}},
           .preference = 10}};
}

} // namespace veomni::kernels
