// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Eager forms become the ops of a model again.
#include "Raise.h"

#include "veomni/Passes/Raise/Passes.h"

#include "mlir/IR/Iterators.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

using namespace mlir;

namespace veomni::raise {

#define GEN_PASS_DEF_RAISE
#include "veomni/Passes/Raise/Passes.h.inc"

namespace {

class Raise : public impl::RaiseBase<Raise> {
  void runOnOperation() override {
    // What is more comes first: the norm of a product and the unit in a packed one are there, too.
    apply(raiseAttention, raiseCausalConv1d, raiseChunkGatedDeltaRule, raiseCrossEntropy, raiseDsaIndexer, raiseGatedRmsNorm,
          raiseGroupRouter, raiseLoadBalancingLoss, raisePackedGlu, raiseRmsNorm, raiseRopeOfHalves, raiseRopeOfNeighbours);
    apply(raiseGlu, raiseLayerNorm, raisePartialRope, raiseRouter);
    apply(raiseUnweightedRmsNorm);
  }

  /// Patterns erase nothing, so that every op is looked at once; what they leave without use goes afterwards, and nothing else.
  template <typename... Patterns> void apply(Patterns... functions) {
    RewritePatternSet patterns(&getContext());
    (patterns.add(functions), ...);
    llvm::DenseSet<Operation *> unused;
    getOperation().walk([&](Operation *op) {
      if (op->use_empty())
        unused.insert(op);
    });
    walkAndApplyPatterns(getOperation(), std::move(patterns));
    getOperation().walk<WalkOrder::PostOrder, ReverseIterator>([&](Operation *op) {
      if (!unused.contains(op) && isOpTriviallyDead(op))
        op->erase();
    });
  }
};

} // namespace
} // namespace veomni::raise
