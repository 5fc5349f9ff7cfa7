// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The loss in single steps, the reference of the fused kernels.
#include "Builtin.h"

namespace veomni::kernels {

Kernels builtin::CrossEntropyEager() {
  Kernel kernel{.op = "cross_entropy_loss",
                .variant = "causal",
                .name = "eager",
                .description = "log-softmax of the logits, the labels' entries, their mean, as single steps",
                .lowering = "pass veomni-expand"};
  Kernel ownLabels = kernel;
  ownLabels.variant = "seq_cls";
  return {kernel, ownLabels};
}

} // namespace veomni::kernels
