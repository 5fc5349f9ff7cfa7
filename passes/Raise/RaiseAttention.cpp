// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// softmax(scale * q kᵀ + mask) v.
#include "Raise.h"

using namespace mlir;
using namespace veomni;
using namespace veomni::raise;

LogicalResult raise::raiseAttention(AttentionValuesOp root, PatternRewriter &rewriter) {
  Candidate candidate(root, "attention");
  if (castOf(root.getWeights()))
    return candidate.missed("the weights are rounded before the values are summed");
  Value masked = softmaxOf(root.getWeights());
  if (!masked)
    return candidate.missed("the weights are not a softmax that takes the greatest score out first");
  AttentionMaskOp mask;
  Scalar scores;
  for (Pair terms : eitherWay(masked, BinaryKind::Add))
    if (auto found = madeBy<AttentionMaskOp>(terms.second))
      mask = found, scores = scaled(terms.first);
  if (!mask)
    return candidate.missed("no attention mask is added to the scores");
  auto product = madeBy<AttentionScoresOp>(scores.x);
  if (!product)
    return candidate.missed("the mask is not added to products of queries and keys");
  // The scale may be that of the queries instead.
  Value query = product.getQuery(), key = product.getKey();
  if (Scalar scaledQuery = scalarOf(query, BinaryKind::Mul); scaledQuery && scores.value == 1.0f && elementOf(query).isF32())
    query = scaledQuery.x, scores.value = scaledQuery.value;
  if (elementOf(query) != elementOf(key) || elementOf(key) != elementOf(root.getValue()) || elementOf(root) != elementOf(query))
    return candidate.missed("query, key, value and result are not of one element type");
  return candidate.raise<AttentionOp>(rewriter, root.getResult(), {query, key, root.getValue()}, {mask.getStarts(), mask.getKeyMask()},
                                      root.getType(), query, key, root.getValue(), mask.getStarts(), mask.getKeyMask(), mask.getMaskGiven(),
                                      /*sinks=*/Value(), llvm::APFloat(scores.value), mask.getWindow());
}
