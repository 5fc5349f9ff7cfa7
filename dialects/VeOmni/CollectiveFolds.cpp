// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Collectives that follow one another: what moves there and back does not move, and two exchanges may be one.
#include "veomni/Dialect/VeOmni/VeOmni.h"

#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace veomni;

namespace {

/// A part of what was gathered: the same part as before, or along another dim, which one exchange gives.
struct SliceOfGather : OpRewritePattern<AllSliceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AllSliceOp slice, PatternRewriter &rewriter) const override {
    auto gather = slice.getX().getDefiningOp<AllGatherOp>();
    if (!gather || gather.getMeshAxis() != slice.getMeshAxis())
      return failure();
    if (gather.getDim() == slice.getDim()) {
      rewriter.replaceOp(slice, gather.getX());
      return success();
    }
    // Where all of it is needed as well, a slice of that costs nothing.
    if (!gather->hasOneUse())
      return failure();
    auto moved = AllToAllOp::create(rewriter, slice.getLoc(), TypeRange(slice.getType()), gather.getX(),
                                    gather.getDim(), slice.getDim(), slice.getMeshAxis());
    rewriter.replaceOp(slice, moved.getResults());
    return success();
  }
};

/// A rank's part of a sum: no rank needs the rest.
struct SliceOfSum : OpRewritePattern<AllSliceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AllSliceOp slice, PatternRewriter &rewriter) const override {
    auto sum = slice.getX().getDefiningOp<AllReduceOp>();
    if (!sum || sum.getMeshAxis() != slice.getMeshAxis() || !sum->hasOneUse())
      return failure();
    rewriter.replaceOpWithNewOp<ReduceScatterOp>(slice, slice.getType(), sum.getX(), slice.getDim(),
                                                 slice.getMeshAxis());
    return success();
  }
};

/// Parts of what every rank had.
struct GatherOfSlice : OpRewritePattern<AllGatherOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AllGatherOp gather, PatternRewriter &rewriter) const override {
    auto slice = gather.getX().getDefiningOp<AllSliceOp>();
    if (!slice || slice.getMeshAxis() != gather.getMeshAxis() || slice.getDim() != gather.getDim())
      return failure();
    rewriter.replaceOp(gather, slice.getX());
    return success();
  }
};

/// All parts of a sum, of which nobody needs a part alone: one exchange fewer, and the same bits.
struct GatherOfSum : OpRewritePattern<AllGatherOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AllGatherOp gather, PatternRewriter &rewriter) const override {
    auto sum = gather.getX().getDefiningOp<ReduceScatterOp>();
    if (!sum || sum.getMeshAxis() != gather.getMeshAxis() || sum.getDim() != gather.getDim() || !sum->hasOneUse())
      return failure();
    rewriter.replaceOpWithNewOp<AllReduceOp>(gather, gather.getType(), sum.getX(), gather.getMeshAxis());
    return success();
  }
};

/// There and back: each array that comes straight from an exchange the other way is what it was before that.
struct MoveBack : OpRewritePattern<AllToAllOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AllToAllOp back, PatternRewriter &rewriter) const override {
    auto before = [&](Value input) -> Value {
      auto there = input.getDefiningOp<AllToAllOp>();
      if (!there || there.getMeshAxis() != back.getMeshAxis() || there.getGatherDim() != back.getSplitDim() ||
          there.getSplitDim() != back.getGatherDim())
        return {};
      return there.getInputs()[cast<OpResult>(input).getResultNumber()];
    };
    SmallVector<Value> known = llvm::map_to_vector(back.getInputs(), before);
    if (llvm::none_of(known, [](Value value) { return bool(value); }))
      return failure();
    SmallVector<Value> inputs;
    SmallVector<Type> types;
    for (auto [value, input, result] : llvm::zip_equal(known, back.getInputs(), back.getResults()))
      if (!value) {
        inputs.push_back(input);
        types.push_back(result.getType());
      }
    if (!inputs.empty()) {
      auto rest = AllToAllOp::create(rewriter, back.getLoc(), types, inputs, back.getGatherDim(), back.getSplitDim(),
                                     back.getMeshAxis());
      unsigned next = 0;
      for (Value &value : known)
        if (!value)
          value = rest.getResult(next++);
    }
    rewriter.replaceOp(back, known);
    return success();
  }
};

} // namespace

void AllSliceOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<SliceOfGather, SliceOfSum>(context);
}

void AllGatherOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<GatherOfSlice, GatherOfSum>(context);
}

void AllToAllOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<MoveBack>(context);
}
