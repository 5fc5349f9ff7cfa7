// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Builtin.h"

namespace veomni::kernels {

Kernels moeExpertsEager() {
  return {{.op = "moe_experts",
           .variant = "standard",
           .name = "eager",
           .description = "a loop over the experts, each over the rows of its tokens",
           .lowering = "loop of kernels expert_rows, expert_gather, gemm, glu, expert_combine",
           .semantics = {{"routing_weight", {"after_fc2"}}, {"activation", {"silu", "gelu", "gelu_tanh"}}, {"bias", {"no", "yes"}}}}};
}

} // namespace veomni::kernels
