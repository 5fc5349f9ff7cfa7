// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Experts one after the other, as transformers runs them.
#include "Builtin.h"

namespace veomni::kernels {

Kernels builtin::MoeExpertsEager() {
  Kernel kernel{.op = "moe_experts",
                .variant = "standard",
                .name = "eager",
                .description = "a loop over the experts, each over the rows of its tokens",
                .lowering = "loop of kernels expert_rows, expert_gather, expert_gemm, packed_glu, expert_combine",
                .semantics = expertSemantics("packed")};
  Kernel gptOss = kernel;
  gptOss.variant = "gpt_oss";
  gptOss.semantics = expertSemantics("interleaved");
  return {kernel, gptOss};
}

} // namespace veomni::kernels
