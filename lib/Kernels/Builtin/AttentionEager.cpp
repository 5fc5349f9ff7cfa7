// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Builtin.h"

namespace veomni::kernels {

Kernels attentionEager() {
  return {{.op = "attention",
           .variant = "causal",
           .name = "eager",
           .description = "softmax(q kT + mask) v with the array of scores",
           .lowering = "pass veomni-expand",
           .semantics = {{"window", {"none", "sliding"}}, {"sinks", {"no", "yes"}}, {"value_dim", {"same", "other"}}}}};
}

} // namespace veomni::kernels
