// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// All scores at once, as in ExpandAttention.cpp, with a mask that hides all keys but the chosen ones, too. A query that
// sees none has one lowest score everywhere, so that softmax gives it the mean of all values.
#include "Expand/Expand.h"

using namespace mlir;
using namespace veomni;

static expand::Values eagerForm(expand::EagerBuilder &b, DsaAttentionOp op) {
  Value scores = b.scores(op.getQuery(), op.getKey());
  Value mask = b.mask(scores, op.getStarts(), /*ends=*/Value(), op.getKeyMask(), op.getMaskGiven(), /*window=*/0);
  Value kept = b.create<KeepKeysOp>(mask.getType(), mask, op.getIndices());
  Value weights = b.softmax(b.add(b.mul(scores, op.getScale().convertToFloat()), kept));
  return {b.create<AttentionValuesOp>(op.getType(), weights, op.getValue())};
}

void expand::rooms::DsaAttention(Expansions &ops) { ops.add<DsaAttentionOp>(eagerForm); }
