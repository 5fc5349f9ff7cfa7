// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The loss that balances experts in single steps, the reference of the fused kernel.
#include "Builtin.h"

namespace veomni::kernels {

Kernels builtin::LoadBalancingLossEager() {
  return {{.op = "load_balancing_loss",
           .variant = "standard",
           .name = "eager",
           .description = "means of one-hot choices and of probabilities, as single steps",
           .lowering = "pass veomni-expand",
           .semantics = {{"input", {"logits"}}}}};
}

} // namespace veomni::kernels
