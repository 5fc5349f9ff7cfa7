// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The greatest shares of a softmax, divided by their sum or not, rounded or not.
#include "Raise.h"

using namespace mlir;
using namespace veomni;
using namespace veomni::raise;

LogicalResult raise::raiseRouter(TopKOp root, PatternRewriter &rewriter) {
  // A loss wants the indices alone.
  if (root.getValues().use_empty() || root.getIndices().use_empty())
    return failure();
  Candidate candidate(root, "router");
  Value logits = softmaxOf(root.getX());
  if (!logits)
    return candidate.missed("what is chosen from is not a softmax that takes the greatest logit out first");
  if (!elementOf(root.getX()).isF32())
    return candidate.missed("arithmetic is not f32");
  Value weights = root.getValues();
  bool renormalize = false;
  for (Operation *user : root.getValues().getUsers())
    if (auto quotient = dyn_cast<BinaryOp>(user))
      if (Pair share = binaryOf(quotient, BinaryKind::Div);
          share && share.first == root.getValues() && reduceOf(share.second, ReduceKind::Sum) == root.getValues())
        weights = quotient, renormalize = true;
  Type weightType = elementOf(weights);
  // Rounded, and f32 again.
  if (Value rounded = roundedTo(weights, BFloat16Type::get(root.getContext())))
    if (Value wide = roundedTo(rounded, weightType))
      weights = wide, weightType = elementOf(rounded);
  logits = uncast(logits);
  return candidate.raise<RouterOp>(rewriter, {root.getIndices(), weights}, logits, {}, root.getIndices().getType(), weights.getType(),
                                   logits, lastDim(weights), renormalize, weightType, RouterScore::Softmax);
}
