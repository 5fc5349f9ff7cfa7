// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// softmax(scale * q kᵀ + mask) v, maybe with a sink per head, or with a mask that leaves chosen keys only.
#include "Raise/Raise.h"

using namespace mlir;
using namespace veomni;
using namespace veomni::raise;

namespace {

/// What is there once per head, of [..., heads, 1].
Value perHead(Value value) {
  auto op = madeBy<UnflattenOp>(value);
  return op && lastDim(op) == 1 ? op.getX() : Value();
}

/// Scores under a softmax that also counts one more score per head; see expand.
struct WithSinks {
  Value scores, sinks;
};

WithSinks softmaxWithSinksOf(Value value) {
  Pair share = binaryOf(value, BinaryKind::Div);
  Pair shifted = share ? binaryOf(unaryOf(share.first, UnaryKind::Exp), BinaryKind::Sub) : Pair{};
  if (!shifted)
    return {};
  Value greatest = perHead(shifted.second);
  for (Pair terms : eitherWay(perHead(share.second), BinaryKind::Add)) {
    Pair ofSinks = binaryOf(unaryOf(terms.second, UnaryKind::Exp), BinaryKind::Sub);
    if (ofSinks && ofSinks.second == greatest && reduceOf(flattened(terms.first), ReduceKind::Sum) == share.first &&
        reduceOf(flattened(otherThan(greatest, BinaryKind::Max, ofSinks.first)), ReduceKind::Max) == shifted.first)
      return {shifted.first, ofSinks.first};
  }
  return {};
}

} // namespace

static LogicalResult raiseAttention(AttentionValuesOp root, PatternRewriter &rewriter) {
  Value masked = softmaxOf(root.getWeights()), sinks;
  if (!masked) {
    WithSinks found = softmaxWithSinksOf(root.getWeights());
    masked = found.scores, sinks = found.sinks;
  }
  KeepKeysOp kept;
  for (Pair terms : eitherWay(masked, BinaryKind::Add))
    if (auto found = madeBy<KeepKeysOp>(terms.second))
      kept = found;
  Candidate candidate(root, kept ? "dsa_attention" : "attention");
  if (castOf(root.getWeights()))
    return candidate.missed("the weights are rounded before the values are summed");
  if (!masked)
    return candidate.missed("the weights are not a softmax that takes the greatest score out first");
  AttentionMaskOp mask;
  Scalar scores;
  for (Pair terms : eitherWay(masked, BinaryKind::Add))
    if (auto found = madeBy<AttentionMaskOp>(kept && terms.second == kept ? kept.getMask() : terms.second))
      mask = found, scores = scaled(terms.first);
  if (!mask)
    return candidate.missed("no attention mask is added to the scores");
  auto product = madeBy<AttentionScoresOp>(scores.x);
  if (!product)
    return candidate.missed("the mask is not added to products of queries and keys");
  // The scale may be that of the queries instead.
  Value query = product.getQuery(), key = product.getKey();
  if (Scalar scaledQuery = scalarOf(query, BinaryKind::Mul);
      scaledQuery && scores.value == 1.0f && elementOf(query).isF32())
    query = scaledQuery.x, scores.value = scaledQuery.value;
  if (elementOf(query) != elementOf(key) || elementOf(key) != elementOf(root.getValue()) ||
      elementOf(root) != elementOf(query))
    return candidate.missed("query, key, value and result are not of one element type");
  if (kept && mask.getWindow() != 0)
    return candidate.missed("keys are chosen within a window");
  if (kept && mask.getVisibility() != Visibility::Causal)
    return candidate.missed("keys are chosen among later ones");
  if (kept && sinks)
    return candidate.missed("keys are chosen, and there are sinks");
  if (kept)
    return candidate.raise<DsaAttentionOp>(rewriter, root.getResult(), {query, key, root.getValue()},
                                           {mask.getStarts(), mask.getKeyMask(), kept.getIndices()}, root.getType(),
                                           query, key, root.getValue(), kept.getIndices(), mask.getStarts(),
                                           mask.getKeyMask(), mask.getMaskGiven(), llvm::APFloat(scores.value));
  SmallVector<Value> tables{mask.getStarts(), mask.getKeyMask()};
  if (mask.getEnds())
    tables.push_back(mask.getEnds());
  if (sinks) {
    sinks = uncast(sinks);
    tables.push_back(sinks);
    if (cast<ShapedType>(sinks.getType()).getShape() != cast<ShapedType>(query.getType()).getShape().slice(2, 1))
      return candidate.missed("the sinks are not one number per head");
  }
  return candidate.raise<AttentionOp>(rewriter, root.getResult(), {query, key, root.getValue()}, tables, root.getType(),
                                      query, key, root.getValue(), mask.getStarts(), mask.getEnds(), mask.getKeyMask(),
                                      mask.getMaskGiven(), sinks, llvm::APFloat(scores.value), mask.getWindow(),
                                      mask.getVisibility());
}

void raise::rooms::Attention(Raisings &ops) { ops.add(Stage::wholes, raiseAttention); }
