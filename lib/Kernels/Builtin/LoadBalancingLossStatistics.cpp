// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The loss that balances experts from sums over tokens, layer by layer.
#include "Builtin.h"

namespace veomni::kernels {

Kernels builtin::LoadBalancingLossStatistics() {
  return {{.op = "load_balancing_loss",
           .variant = "standard",
           .name = "statistics",
           .description = "counts and sums per expert in one pass over the logits, no one-hot arrays",
           .lowering = "kernels router_statistics, load_balancing_loss",
           .target = "cpu",
           .semantics = {{"input", {"logits"}}},
           .preference = 10}};
}

} // namespace veomni::kernels
