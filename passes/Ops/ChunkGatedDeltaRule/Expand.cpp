// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Queries and keys, divided by their lengths, and the recurrence.
#include "Expand/Expand.h"

using namespace mlir;
using namespace veomni;

static expand::Values eagerForm(expand::EagerBuilder &b, ChunkGatedDeltaRuleOp op) {
  auto normalized = [&](Value heads) {
    Value x = b.f32(heads);
    if (!op.getL2NormEps())
      return x;
    Value squares = b.reduce(ReduceKind::Sum, b.unary(UnaryKind::Square, x));
    return b.mul(x, b.unary(UnaryKind::Rsqrt, b.add(squares, op.getL2NormEps()->convertToFloat())));
  };
  Value query = b.mul(normalized(op.getQuery()), op.getScale().convertToFloat()), key = normalized(op.getKey());
  Value result = b.create<GatedDeltaScanOp>(query, key, b.f32(op.getValue()), op.getG(), op.getBeta(), op.getStarts());
  return {b.cast(result, b.element(op.getValue()))};
}

void expand::rooms::ChunkGatedDeltaRule(Expansions &ops) { ops.add<ChunkGatedDeltaRuleOp>(eagerForm); }
