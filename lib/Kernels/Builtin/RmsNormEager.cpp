// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Builtin.h"

namespace veomni::kernels {

Kernels rmsNormEager() {
  Kernel kernel{.op = "rms_norm",
                .variant = "standard",
                .name = "eager",
                .description = "square, mean, rsqrt and products as single steps",
                .lowering = "pass veomni-expand",
                .semantics = {{"cast", {"before_weight"}}}};
  Kernel onePlus = kernel;
  onePlus.variant = "one_plus";
  onePlus.semantics = {{"cast", {"after_weight"}}};
  Kernel unweighted = kernel;
  unweighted.variant = "unweighted";
  unweighted.semantics = {{"cast", {"of_factor"}}};
  return {kernel, onePlus, unweighted};
}

} // namespace veomni::kernels
