// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// All experts at once over sorted rows, so that uneven shares idle nobody.
#include "Builtin.h"

#include "veomni/Kernels/ExpertsBody.h"

namespace veomni::kernels {

Kernels builtin::MoeExpertsGrouped() {
  Kernel kernel{.op = "moe_experts",
                .variant = "standard",
                .name = "grouped",
                .description = "rows sorted by expert, two grouped products, a sum in the order of the experts: the "
                               "loop's result, bit for bit",
                .lowering = "pass veomni-fuse-experts; kernels expert_sort, grouped_gemm, packed_glu, expert_sum",
                .target = "cpu",
                .semantics = expertSemantics("packed"),
                .preference = 10,
                .refuse = [](mlir::Operation *op) {
                  auto loop = mlir::cast<ExpertsLoopOp>(op);
                  auto rank = mlir::cast<mlir::RankedTensorType>(loop.getX().getType()).getRank();
                  if (rank > 3)
                    return "sorts [tokens, H] or [batch, seq, H], this op has " + std::to_string(rank) + " dims";
                  std::string why;
                  (void)ExpertsBody::match(loop, why);
                  return why;
                }};
  Kernel gptOss = kernel;
  gptOss.variant = "gpt_oss";
  gptOss.semantics = expertSemantics("interleaved");
  return {kernel, gptOss};
}

} // namespace veomni::kernels
