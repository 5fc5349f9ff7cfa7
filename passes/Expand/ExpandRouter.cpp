// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Softmax over the experts, the greatest shares, and their sum taken out.
#include "Expand.h"

using namespace mlir;
using namespace veomni;

template <> StringRef expand::missingForm(RouterOp op) { return op.getScore() == RouterScore::Softmax ? "" : "score"; }

expand::Values expand::expand(EagerBuilder &b, RouterOp op) {
  TopKOp chosen = b.topK(b.softmax(op.getLogits()), op.getTopK());
  Value weights = chosen.getValues();
  if (op.getRenormalize())
    weights = b.div(weights, b.reduce(ReduceKind::Sum, weights));
  // The op's result is f32 also where its values are rounded to less.
  return {chosen.getIndices(), b.f32(b.cast(weights, op.getWeightType()))};
}
