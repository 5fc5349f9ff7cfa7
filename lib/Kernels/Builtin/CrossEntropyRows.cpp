// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Builtin.h"

namespace veomni::kernels {

Kernels crossEntropyRows() {
  return {{.op = "cross_entropy_loss",
           .variant = "causal",
           .name = "rows",
           .description = "online log-sum-exp over rows of the logits",
           .lowering = "kernels cross_entropy, mean",
           .device = Device::CPU,
           .semantics = {{"shift", {"inside", "none"}}},
           .preference = 10}};
}

} // namespace veomni::kernels
