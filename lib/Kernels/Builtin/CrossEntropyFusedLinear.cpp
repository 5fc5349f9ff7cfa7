// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The loss together with the head, so that no array of logits is there.
#include "Builtin.h"
#include "veomni/Kernels/LossHead.h"

namespace veomni::kernels {

Kernels builtin::CrossEntropyFusedLinear() {
  Kernel kernel{
      .op = "cross_entropy_loss",
      .variant = "standard",
      .name = "fused_linear",
      .description = "online log-sum-exp within the product that makes the logits, which are never stored",
      .lowering = "pass veomni-fuse-linear-cross-entropy, kernels linear_cross_entropy, cross_entropy_combine",
      .target = "cpu",
      .dtypes = {"f32"},
      .preference = 20,
      .refuse = [](mlir::Operation *op) {
        std::string why;
        return succeeded(matchLossHead(cast<CrossEntropyOp>(op), why)) ? ""
                                                                       : "takes the head with the loss, but " + why;
      }};
  return {kernel};
}

} // namespace veomni::kernels
