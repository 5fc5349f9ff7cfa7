// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The rotation of heads in single steps, the reference of the fused kernel.
#include "Builtin.h"

namespace veomni::kernels {

Kernels builtin::RotaryPosEmbEager() {
  Kernel kernel{.op = "rotary_pos_emb",
                .variant = "full",
                .name = "eager",
                .description = "x * cos + rotate(x) * sin as single steps",
                .lowering = "pass veomni-expand",
                .semantics = {{"layout", {"half", "interleaved"}}}};
  Kernel partial = kernel;
  partial.variant = "partial";
  Kernel vision = kernel;
  vision.op = "rotary_pos_emb_vision";
  return {kernel, partial, vision};
}

} // namespace veomni::kernels
