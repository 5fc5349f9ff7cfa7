// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops become their eager form, those bound to it or all.
#include "Expand.h"

#include "veomni/Kernels/BoundKernel.h"
#include "veomni/Passes/Expand/Passes.h"

#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

using namespace mlir;

namespace veomni::expand {

#define GEN_PASS_DEF_EXPAND
#include "veomni/Passes/Expand/Passes.h.inc"

namespace {

template <typename Op> class ExpandOp : public OpRewritePattern<Op> {
public:
  ExpandOp(MLIRContext *context, bool all, Pass::Statistic &count, bool &failed)
      : OpRewritePattern<Op>(context), all(all), count(count), failed(failed) {}

  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    if (!all && kernels::boundKernel(op) != "eager")
      return rewriter.notifyMatchFailure(op, "not bound to the eager kernel");
    if (StringRef option = missingForm(op); !option.empty()) {
      if (!all) {
        failed = true;
        return op.emitOpError() << "is bound to the eager kernel, which does not know '" << option << "'";
      }
      remark::missed(op.getLoc(), remark::RemarkOpts::name(op->getName().stripDialect()).category("expand"))
          << remark::reason("there is no eager form with '{0}'", option.str());
      return failure();
    }
    EagerBuilder builder(rewriter, op.getLoc());
    rewriter.replaceOp(op, expand(builder, op));
    ++count;
    return success();
  }

private:
  bool all;
  Pass::Statistic &count;
  bool &failed;
};

class Expand : public impl::ExpandBase<Expand> {
public:
  using ExpandBase::ExpandBase;

private:
  void runOnOperation() override {
    bool failed = false;
    RewritePatternSet patterns(&getContext());
    patterns.add<ExpandOp<AttentionOp>, ExpandOp<CrossEntropyOp>, ExpandOp<GluOp>, ExpandOp<LoadBalancingLossOp>, ExpandOp<PackedGluOp>,
                 ExpandOp<RmsNormOp>, ExpandOp<RopeOp>, ExpandOp<RouterOp>>(&getContext(), all, numExpanded, failed);
    walkAndApplyPatterns(getOperation(), std::move(patterns));
    if (failed)
      signalPassFailure();
  }
};

} // namespace
} // namespace veomni::expand
