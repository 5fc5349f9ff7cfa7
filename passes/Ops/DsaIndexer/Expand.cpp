// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// transformers' GlmMoeDsaIndexer from its scores on: what is positive of them, weighted and summed over the heads, and
// the greatest sums.
#include "Expand/Expand.h"

using namespace mlir;
using namespace veomni;

static expand::Values eagerForm(expand::EagerBuilder &b, DsaIndexerOp op) {
  Value scores = b.scores(op.getQuery(), b.unflatten(op.getKey(), 1, b.lastDim(op.getKey())));
  Value positive = b.max(b.mul(scores, op.getScale().convertToFloat()), 0.0f);
  Value weighted = b.mul(positive, b.unflatten(b.f32(op.getWeights()), b.lastDim(op.getWeights()), 1));
  Value mask = b.mask(scores, op.getStarts(), /*ends=*/Value(), op.getKeyMask(), op.getMaskGiven(), /*window=*/0);
  return {b.create<SelectKeysOp>(op.getType(), b.create<SumHeadsOp>(mask.getType(), weighted), mask, op.getTopK())};
}

void expand::rooms::DsaIndexer(Expansions &ops) { ops.add<DsaIndexerOp>(eagerForm); }
