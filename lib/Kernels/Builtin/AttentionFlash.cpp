// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Attention without an array of all scores, which takes memory in proportion to the sequence.
#include "Builtin.h"

namespace veomni::kernels {

Kernels builtin::AttentionFlash() {
  Kernel causal{
      .op = "attention",
      .variant = "causal",
      .name = "flash",
      .description = "online softmax over packed keys and values, no array of scores",
      .lowering = "kernels attention_pack, attention",
      .target = "cpu",
      .semantics = {{"window", {"none", "sliding"}}, {"sinks", {"no", "yes"}}, {"value_dim", {"same", "other"}}},
      .preference = 10};
  Kernel full = causal;
  full.variant = "full";
  return {causal, full};
}

} // namespace veomni::kernels
