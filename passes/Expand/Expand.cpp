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

class ExpandOp : public RewritePattern {
public:
  ExpandOp(MLIRContext *context, const Expansions::Entry &expansion, bool all, Pass::Statistic &count)
      : RewritePattern(expansion.op, /*benefit=*/1, context), eagerForm(expansion.eagerForm), all(all), count(count) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!all && kernels::boundKernel(op) != "eager")
      return rewriter.notifyMatchFailure(op, "not bound to the eager kernel");
    EagerBuilder builder(rewriter, op->getLoc());
    rewriter.replaceOp(op, eagerForm(builder, op));
    ++count;
    return success();
  }

private:
  std::function<Values(EagerBuilder &, Operation *)> eagerForm;
  bool all;
  Pass::Statistic &count;
};

class Expand : public impl::ExpandBase<Expand> {
public:
  using ExpandBase::ExpandBase;

private:
  void runOnOperation() override {
    Expansions ops;
#define VEOMNI_OP_ROOM(name) rooms::name(ops);
#include "veomni/Passes/Expand/Rooms.inc"
#undef VEOMNI_OP_ROOM
    RewritePatternSet patterns(&getContext());
    for (const Expansions::Entry &expansion : ops.entries)
      patterns.add<ExpandOp>(&getContext(), expansion, all, numExpanded);
    walkAndApplyPatterns(getOperation(), std::move(patterns));
  }
};

} // namespace
} // namespace veomni::expand
