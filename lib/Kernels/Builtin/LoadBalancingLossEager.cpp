// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Builtin.h"

namespace veomni::kernels {

Kernels loadBalancingLossEager() {
  return {{.op = "load_balancing_loss",
           .variant = "standard",
           .name = "eager",
           .description = "means of one-hot choices and of probabilities, as single steps",
           .lowering = "pass veomni-expand",
           .semantics = {{"input", {"logits"}}}}};
}

} // namespace veomni::kernels
