// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The rewrites of collectives that the dialect has, and no others.
#include "veomni/Dialect/VeOmni/VeOmni.h"
#include "veomni/Passes/Shard/Passes.h"

#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace veomni::shard {

#define GEN_PASS_DEF_FOLDCOLLECTIVES
#include "veomni/Passes/Shard/Passes.h.inc"

namespace {

class FoldCollectives : public impl::FoldCollectivesBase<FoldCollectives> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    AllSliceOp::getCanonicalizationPatterns(patterns, &getContext());
    AllGatherOp::getCanonicalizationPatterns(patterns, &getContext());
    AllToAllOp::getCanonicalizationPatterns(patterns, &getContext());
    SmallVector<Operation *> collectives;
    getOperation().walk([&](CollectiveOpInterface op) { collectives.push_back(op); });
    if (collectives.empty())
      return markAllAnalysesPreserved();
    // Only these ops and what takes their place: all else stays as phase shard wrote it.
    GreedyRewriteConfig config;
    config.setStrictness(GreedyRewriteStrictness::ExistingAndNewOps).enableFolding(false);
    if (failed(applyOpPatternsGreedily(collectives, std::move(patterns), config)))
      signalPassFailure();
  }
};

} // namespace
} // namespace veomni::shard
