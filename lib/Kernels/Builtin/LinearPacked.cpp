// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Products in f32 on every CPU.
#include "Builtin.h"

namespace veomni::kernels {

Kernels builtin::LinearPacked() {
  return {{.op = "linear",
           .variant = "standard",
           .name = "packed",
           .description = "f32 multiply-adds over packed weights, which are widened in registers",
           .lowering = "kernel gemm",
           .semantics = {{"input", {"exact", "may_round"}}},
           .preference = 10}};
}

} // namespace veomni::kernels
