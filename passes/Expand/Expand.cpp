// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops become their eager form, those bound to it or all.
#include "Expand.h"

#include "veomni/Kernels/BoundKernel.h"
#include "veomni/Passes/Expand/Passes.h"

#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

using namespace mlir;

namespace veomni::expand {

#define GEN_PASS_DEF_EXPAND
#include "veomni/Passes/Expand/Passes.h.inc"

namespace {

template <typename Op> class ExpandOp : public OpRewritePattern<Op> {
public:
  ExpandOp(MLIRContext *context, bool all, Pass::Statistic &count)
      : OpRewritePattern<Op>(context), all(all), count(count) {}

  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    if (!all && kernels::boundKernel(op) != "eager")
      return rewriter.notifyMatchFailure(op, "not bound to the eager kernel");
    EagerBuilder builder(rewriter, op.getLoc());
    rewriter.replaceOp(op, expand(builder, op));
    ++count;
    return success();
  }

private:
  bool all;
  Pass::Statistic &count;
};

class Expand : public impl::ExpandBase<Expand> {
public:
  using ExpandBase::ExpandBase;

private:
  template <typename... Ops> void add(RewritePatternSet &patterns) {
    patterns.add<ExpandOp<Ops>...>(&getContext(), all, numExpanded);
  }

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    add<AttentionOp, CausalConv1dOp, ChunkGatedDeltaRuleOp, CrossEntropyOp, DsaAttentionOp, DsaIndexerOp,
        GatedRmsNormOp, GluOp, GroupRouterOp, LayerNormOp, LoadBalancingLossOp, MhcHeadOp, MhcPostOp, MhcPreOp,
        PackedGluOp, RmsNormOp, RopeOp, RouterOp>(patterns);
    walkAndApplyPatterns(getOperation(), std::move(patterns));
  }
};

} // namespace
} // namespace veomni::expand
