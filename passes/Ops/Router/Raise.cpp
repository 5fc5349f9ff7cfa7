// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The greatest shares of a softmax, divided by their sum or not; or a softmax of the greatest logits. Rounded or not.
#include "Raise/Raise.h"

using namespace mlir;
using namespace veomni;
using namespace veomni::raise;

/// The softmax of `values`; null if there is none.
static Value softmaxOver(Value values) {
  for (Operation *user : values.getUsers())
    for (Operation *exponential : user->getUsers())
      for (Operation *share : exponential->getUsers())
        if (isa<BinaryOp>(share) && softmaxOf(share->getResult(0)) == values)
          return share->getResult(0);
  return {};
}

static LogicalResult raiseRouter(TopKOp root, PatternRewriter &rewriter) {
  // A loss wants the indices alone.
  if (root.getValues().use_empty() || root.getIndices().use_empty())
    return failure();
  Candidate candidate(root, "router");
  Value logits = softmaxOf(root.getX()), weights = root.getValues();
  RouterScore score = RouterScore::Softmax;
  if (!logits)
    if (Value shares = softmaxOver(root.getValues()))
      logits = root.getX(), weights = shares, score = RouterScore::SoftmaxTopK;
  if (!logits)
    return candidate.missed("what is chosen from is not a softmax that takes the greatest logit out first");
  if (!elementOf(root.getX()).isF32())
    return candidate.missed("arithmetic is not f32");
  if (!hasPlainRows(root.getX()))
    return candidate.missed("the logits are in more than one run of a row");
  bool renormalize = false;
  for (Operation *user : weights.getUsers())
    if (auto quotient = dyn_cast<BinaryOp>(user))
      if (Pair share = binaryOf(quotient, BinaryKind::Div);
          share && share.first == root.getValues() && reduceOf(share.second, ReduceKind::Sum) == root.getValues()) {
        weights = quotient, renormalize = true;
        break;
      }
  Type weightType = elementOf(weights);
  // Rounded, and f32 again.
  if (Value rounded = roundedTo(weights, BFloat16Type::get(root.getContext())))
    if (Value wide = roundedTo(rounded, weightType))
      weights = wide, weightType = elementOf(rounded);
  logits = uncast(logits);
  return candidate.raise<RouterOp>(rewriter, {root.getIndices(), weights}, logits, {}, root.getIndices().getType(),
                                   weights.getType(), logits, lastDim(weights), renormalize, weightType, score);
}

void raise::rooms::Router(Raisings &ops) { ops.add(Stage::parts, raiseRouter); }
