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
    // Larger patterns first: a gated RMS norm contains an RMS norm, a packed GLU contains a GLU, and every weighted
    // norm contains an unweighted one. Once the larger is raised, nothing is left inside it for the smaller to match.
    apply(raiseAttention, raiseCausalConv1d, raiseChunkGatedDeltaRule, raiseCrossEntropy, raiseDsaIndexer,
          raiseGatedRmsNorm, raiseGroupRouter, raiseLoadBalancingLoss, raisePackedGlu, raiseRmsNorm, raiseRopeOfHalves,
          raiseRopeOfNeighbours);
    apply(raiseGlu, raiseLayerNorm, raisePartialRope, raiseRouter);
    apply(raiseUnweightedRmsNorm);
  }

  /// Applies the patterns to every op once. They erase nothing, because the walk still holds the ops around; what they
  /// leave without a use is erased afterwards. Ops that had no use before stay: removing those is not this pass's
  /// business.
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
