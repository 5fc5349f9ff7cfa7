// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A loss whose logits nobody else needs takes in the head that makes them, so that no [tokens, vocabulary] array is
// ever written.
#include "veomni/Kernels/BoundKernel.h"
#include "veomni/Kernels/LossHead.h"
#include "veomni/Passes/Fuse/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Remarks.h"

using namespace mlir;

namespace veomni::fuse {

#define GEN_PASS_DEF_FUSELINEARCROSSENTROPY
#include "veomni/Passes/Fuse/Passes.h.inc"

namespace {

class FuseLinearCrossEntropy : public impl::FuseLinearCrossEntropyBase<FuseLinearCrossEntropy> {
  void runOnOperation() override;
};

void fuse(CrossEntropyOp loss, LinearOp head) {
  OpBuilder builder(loss);
  auto fused = LinearCrossEntropyOp::create(builder, loss.getLoc(), loss.getResultTypes(), head.getX(),
                                            head.getWeight(), loss.getLabels(), head.getBias(), loss.getIgnoreIndex());
  // How the product multiplies was chosen, too.
  kernels::keepKernel(head, fused);
  loss.replaceAllUsesWith(fused.getResults());
  loss.erase();
  head.erase();
}

void FuseLinearCrossEntropy::runOnOperation() {
  func::FuncOp function = getOperation();
  SmallVector<CrossEntropyOp> losses;
  function.walk([&](CrossEntropyOp loss) { losses.push_back(loss); });
  auto options = remark::RemarkOpts::name("FuseLinearCrossEntropy").category("fuse").function(function.getSymName());
  for (CrossEntropyOp loss : losses) {
    Location loc = loss.getLoc();
    if (kernels::boundKernel(loss) != "fused_linear") {
      remark::missed(loc, options) << "the loss keeps its logits: it is " + kernels::describeBinding(loss);
      ++numMissed;
      continue;
    }
    std::string why;
    FailureOr<LinearOp> head = kernels::matchLossHead(loss, why);
    if (failed(head)) {
      loss.emitOpError() << "is bound to 'fused_linear', but " << why;
      return signalPassFailure();
    }
    fuse(loss, *head);
    remark::passed(loc, options) << "the loss took over its head, whose logits are no more";
    ++numFused;
  }
}

} // namespace
} // namespace veomni::fuse
