// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// transformers' eager_attention_forward: all scores at once. A query that sees no key has one lowest score everywhere,
// so that softmax gives it the mean of all values.
#include "Expand/Expand.h"

using namespace mlir;
using namespace veomni;

using expand::EagerBuilder;

/// Softmax over the keys and one more whose scores are `sinks`, one per head; that one's share is left out.
static Value softmaxWithSinks(EagerBuilder &b, Value scores, Value sinks) {
  int64_t heads = b.lastDim(sinks);
  Value greatest = b.binary(BinaryKind::Max, b.flatten(b.reduce(ReduceKind::Max, scores)), sinks);
  Value exponentials = b.unary(UnaryKind::Exp, b.sub(scores, b.unflatten(greatest, heads, 1)));
  Value ofSinks = b.unary(UnaryKind::Exp, b.sub(sinks, greatest));
  Value sum = b.add(b.flatten(b.reduce(ReduceKind::Sum, exponentials)), ofSinks);
  return b.div(exponentials, b.unflatten(sum, heads, 1));
}

static expand::Values eagerForm(expand::EagerBuilder &b, AttentionOp op) {
  Value scores = b.scores(op.getQuery(), op.getKey());
  Value mask = b.mask(scores, op.getStarts(), op.getEnds(), op.getKeyMask(), op.getMaskGiven(), op.getWindow(),
                      op.getVisibility());
  Value masked = b.add(b.mul(scores, op.getScale().convertToFloat()), mask);
  Value weights = op.getSinks() ? softmaxWithSinks(b, masked, b.f32(op.getSinks())) : b.softmax(masked);
  return {b.create<AttentionValuesOp>(op.getType(), weights, op.getValue())};
}

void expand::rooms::Attention(Expansions &ops) { ops.add<AttentionOp>(eagerForm); }
