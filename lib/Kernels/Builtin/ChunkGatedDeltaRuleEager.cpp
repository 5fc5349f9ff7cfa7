// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Linear attention as the scan that its eager form ends in.
#include "Builtin.h"

namespace veomni::kernels {

Kernels builtin::ChunkGatedDeltaRuleEager() {
  return {{.op = "chunk_gated_delta_rule",
           .variant = "standard",
           .name = "eager",
           .description = "norms as single steps, then the recurrence token by token",
           .lowering = "pass veomni-expand",
           .semantics = {{"l2_norm", {"no", "yes"}}}}};
}

} // namespace veomni::kernels
