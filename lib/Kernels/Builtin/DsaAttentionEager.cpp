// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Attention over chosen keys, which has no fused kernel so far.
#include "Builtin.h"

namespace veomni::kernels {

Kernels builtin::DsaAttentionEager() {
  return {{.op = "dsa_attention",
           .variant = "standard",
           .name = "eager",
           .description = "softmax(q kT + mask) v with the array of scores, masked but for the chosen keys",
           .lowering = "pass veomni-expand",
           .semantics = {{"value_dim", {"same", "other"}}}}};
}

} // namespace veomni::kernels
