// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Attention in single steps, the reference of the fused kernel.
#include "Builtin.h"

namespace veomni::kernels {

Kernels builtin::AttentionEager() {
  Kernel causal{
      .op = "attention",
      .variant = "causal",
      .name = "eager",
      .description = "softmax(q kT + mask) v with the array of scores",
      .lowering = "pass veomni-expand",
      .semantics = {{"window", {"none", "sliding"}}, {"sinks", {"no", "yes"}}, {"value_dim", {"same", "other"}}}};
  Kernel full = causal;
  full.variant = "full";
  return {causal, full};
}

} // namespace veomni::kernels
