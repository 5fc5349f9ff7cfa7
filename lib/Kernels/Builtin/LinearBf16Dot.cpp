// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Products in dot products of bf16, where the CPU has them and rounding inputs is allowed.
#include "Builtin.h"

namespace veomni::kernels {

// [kernel]
Kernels builtin::LinearBf16Dot() {
  return {{.op = "linear",
           .variant = "standard",
           .name = "bf16_dot",
           .description = "dot products of bf16: inputs are rounded to the weights' type, sums are f32",
           .lowering = "kernel gemm, bf16_dot",
           .target = "cpu",
           .fromLevel = "avx512-bf16",
           .dtypes = {"bf16"},
           .semantics = {{"input", {"may_round"}}},
           .preference = 20}};
}
// [/kernel]

} // namespace veomni::kernels
