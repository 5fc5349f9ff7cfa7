// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The rotation of heads in one pass.
#include "Builtin.h"

namespace veomni::kernels {

Kernels builtin::RotaryPosEmbFused() {
  Kernel kernel{.op = "rotary_pos_emb",
                .variant = "full",
                .name = "fused",
                .description = "rotates heads in place of their rows",
                .lowering = "kernel rope",
                .target = "cpu",
                .semantics = {{"layout", {"half", "interleaved"}}},
                .preference = 10};
  Kernel partial = kernel;
  partial.variant = "partial";
  partial.description = "rotates the first elements of each head, copies the others";
  Kernel vision = kernel;
  vision.op = "rotary_pos_emb_vision";
  return {kernel, partial, vision};
}

} // namespace veomni::kernels
