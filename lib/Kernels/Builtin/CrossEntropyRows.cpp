// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The loss over logits that are there anyway.
#include "Builtin.h"

namespace veomni::kernels {

Kernels builtin::CrossEntropyRows() {
  Kernel kernel{.op = "cross_entropy_loss",
                .variant = "standard",
                .name = "rows",
                .description = "online log-sum-exp over rows of the logits",
                .lowering = "kernel cross_entropy",
                .target = "cpu",
                .preference = 10};
  return {kernel};
}

} // namespace veomni::kernels
