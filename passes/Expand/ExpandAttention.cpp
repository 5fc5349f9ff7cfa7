// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// transformers' eager_attention_forward: all scores at once. A query that sees no key has one lowest score everywhere, so that softmax
// gives it the mean of all values.
#include "Expand.h"

using namespace mlir;
using namespace veomni;

template <> StringRef expand::missingForm(AttentionOp op) { return op.getSinks() ? "sinks" : ""; }

expand::Values expand::expand(EagerBuilder &b, AttentionOp op) {
  RankedTensorType query = b.type(op.getQuery()), key = b.type(op.getKey());
  int64_t batch = query.getDimSize(0), seq = query.getDimSize(1), heads = query.getDimSize(2), keys = key.getDimSize(1);
  Type f32 = Float32Type::get(op.getContext());
  Value scores = b.create<AttentionScoresOp>(RankedTensorType::get({batch, seq, heads, keys}, f32), op.getQuery(), op.getKey());
  Value mask = b.create<AttentionMaskOp>(RankedTensorType::get({batch, seq, 1, keys}, f32), op.getStarts(), op.getKeyMask(),
                                         op.getMaskGiven(), op.getWindow());
  Value weights = b.softmax(b.add(b.mul(scores, op.getScale().convertToFloat()), mask));
  return {b.create<AttentionValuesOp>(op.getType(), weights, op.getValue())};
}
