// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Softmax over the experts, the greatest shares, and their sum taken out; or the greatest logits, and softmax over
// those.
#include "Expand/Expand.h"

using namespace mlir;
using namespace veomni;

static expand::Values eagerForm(expand::EagerBuilder &b, RouterOp op) {
  bool chooseFirst = op.getScore() == RouterScore::SoftmaxTopK;
  TopKOp chosen = b.topK(chooseFirst ? b.f32(op.getLogits()) : b.softmax(op.getLogits()), op.getTopK());
  Value weights = chooseFirst ? b.softmax(chosen.getValues()) : Value(chosen.getValues());
  if (op.getRenormalize())
    weights = b.div(weights, b.reduce(ReduceKind::Sum, weights));
  // The op's result is f32 also where its values are rounded to less.
  return {chosen.getIndices(), b.f32(b.cast(weights, op.getWeightType()))};
}

void expand::rooms::Router(Expansions &ops) { ops.add<RouterOp>(eagerForm); }
