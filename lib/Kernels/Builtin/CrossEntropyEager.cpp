// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The loss in single steps, the reference of the fused kernels.
#include "Builtin.h"

namespace veomni::kernels {

Kernels builtin::CrossEntropyEager() {
  Kernel kernel{.op = "cross_entropy_loss",
                .variant = "standard",
                .name = "eager",
                .description = "log-softmax of the logits and the labels' entries, as single steps",
                .lowering = "pass veomni-expand"};
  return {kernel};
}

} // namespace veomni::kernels
