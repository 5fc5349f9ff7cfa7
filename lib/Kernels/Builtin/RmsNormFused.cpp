// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Builtin.h"

namespace veomni::kernels {

Kernels rmsNormFused() {
  Kernel kernel{.op = "rms_norm",
                .variant = "standard",
                .name = "fused",
                .description = "one pass over each row, mean of squares in f32",
                .lowering = "kernel rms_norm",
                .device = Device::CPU,
                .semantics = {{"cast", {"before_weight"}}},
                .preference = 10};
  Kernel onePlus = kernel;
  onePlus.variant = "one_plus";
  onePlus.semantics = {{"cast", {"after_weight"}}};
  Kernel unweighted = kernel;
  unweighted.variant = "unweighted";
  unweighted.semantics = {{"cast", {"of_factor"}}};
  return {kernel, onePlus, unweighted};
}

} // namespace veomni::kernels
