// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The keys with the greatest sum over heads of weight * max(0, scale * q kᵀ).
#include "Raise/Raise.h"

using namespace mlir;
using namespace veomni;
using namespace veomni::raise;

static LogicalResult raiseDsaIndexer(SelectKeysOp root, PatternRewriter &rewriter) {
  Candidate candidate(root, "dsa_indexer");
  auto mask = madeBy<AttentionMaskOp>(root.getMask());
  if (!mask || mask.getWindow() != 0)
    return candidate.missed("the mask is not that of attention without a window");
  if (mask.getVisibility() != Visibility::Causal)
    return candidate.missed("keys are chosen among later ones");
  auto sum = madeBy<SumHeadsOp>(root.getScores());
  if (!sum)
    return candidate.missed("the scores are not a sum over heads");
  Value positive;
  UnflattenOp column;
  for (Pair factors : eitherWay(sum.getX(), BinaryKind::Mul))
    if (auto found = madeBy<UnflattenOp>(factors.second); found && lastDim(found) == 1)
      positive = factors.first, column = found;
  if (!column)
    return candidate.missed("heads are not multiplied with a weight each before they are summed");
  Scalar scores = scaled(scalarOf(positive, BinaryKind::Max, 0.0f));
  auto product = madeBy<AttentionScoresOp>(scores.x);
  if (!product)
    return candidate.missed("what is weighted is not the positive part of products of queries and keys");
  Value query = product.getQuery(), head = product.getKey(), weights = uncast(column.getX());
  if (cast<RankedTensorType>(head.getType()).getDimSize(2) != 1)
    return candidate.missed("there is more than one key per token");
  if (elementOf(query) != elementOf(head))
    return candidate.missed("query and key are not of one element type");
  // The key without its one head, whichever of both is there.
  auto split = madeBy<UnflattenOp>(head);
  Value key = split ? split.getX() : head;
  FlattenOp joined;
  if (!split) {
    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPointAfterValue(head);
    auto type = cast<RankedTensorType>(head.getType());
    SmallVector<int64_t> shape{type.getDimSize(0), type.getDimSize(1), type.getDimSize(3)};
    joined = FlattenOp::create(rewriter, head.getLoc(), type.clone(shape), head);
  }
  LogicalResult raised = candidate.raise<DsaIndexerOp>(
      rewriter, root.getResult(), {query, key, weights}, {mask.getStarts(), mask.getKeyMask()}, root.getType(), query,
      joined ? joined.getResult() : key, weights, mask.getStarts(), mask.getKeyMask(), mask.getMaskGiven(),
      llvm::APFloat(scores.value), root.getTopK());
  if (failed(raised) && joined)
    rewriter.eraseOp(joined);
  return raised;
}

void raise::rooms::DsaIndexer(Raisings &ops) { ops.add(Stage::wholes, raiseDsaIndexer); }
