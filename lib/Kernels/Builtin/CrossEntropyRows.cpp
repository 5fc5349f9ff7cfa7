// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The loss over logits that are there anyway.
#include "Builtin.h"

namespace veomni::kernels {

Kernels builtin::CrossEntropyRows() {
  Kernel kernel{.op = "cross_entropy_loss",
                .variant = "causal",
                .name = "rows",
                .description = "online log-sum-exp over rows of the logits",
                .lowering = "kernels cross_entropy, mean",
                .target = "cpu",
                .preference = 10};
  Kernel ownLabels = kernel;
  ownLabels.variant = "seq_cls";
  return {kernel, ownLabels};
}

} // namespace veomni::kernels
