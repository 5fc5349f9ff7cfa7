// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// sum(losses) / sum(counts); transformers takes the sign of log-probabilities last.
#include "Raise/Raise.h"

using namespace mlir;
using namespace veomni;
using namespace veomni::raise;

static LogicalResult raiseMeanLoss(BinaryOp root, PatternRewriter &rewriter) {
  Pair quotient = binaryOf(root, BinaryKind::Div);
  auto losses = madeBy<SumLeadingOp>(quotient.first), counts = madeBy<SumLeadingOp>(quotient.second);
  if (!losses || !counts)
    return failure();
  Candidate candidate(root, "mean_loss");
  if (cast<RankedTensorType>(root.getType()).getRank() != 0)
    return candidate.missed("the result is not a scalar");
  if (losses.getX().getType() != counts.getX().getType() ||
      cast<RankedTensorType>(losses.getX().getType()).getRank() != 2)
    return candidate.missed("losses and counts are not both [batch, seq]");
  return candidate.raise<MeanLossOp>(rewriter, root.getResult(), {losses.getX(), counts.getX()}, {}, root.getType(),
                                     losses.getX(), counts.getX());
}

/// -mean(log-probabilities) is the mean of losses, to the last bit.
static LogicalResult negateTokens(UnaryOp root, PatternRewriter &rewriter) {
  auto mean = madeBy<MeanLossOp>(unaryOf(root, UnaryKind::Neg));
  if (!mean || !mean->hasOneUse() || !madeBy<GatherLabelOp>(mean.getLosses()))
    return failure();
  Value losses = UnaryOp::create(rewriter, root.getLoc(), UnaryKind::Neg, mean.getLosses());
  rewriter.replaceAllUsesWith(
      root.getResult(),
      MeanLossOp::create(rewriter, root.getLoc(), root.getType(), losses, mean.getCounts()).getResult());
  return success();
}

void raise::rooms::MeanLoss(Raisings &ops) {
  ops.add(Stage::wholes, raiseMeanLoss);
  ops.add(Stage::wholes, negateTokens);
}
