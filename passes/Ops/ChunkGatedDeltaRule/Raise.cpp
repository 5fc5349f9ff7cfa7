// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The recurrence of scale * q, k and v, or with q and k divided by their lengths.
#include "Raise/Raise.h"

using namespace mlir;
using namespace veomni;
using namespace veomni::raise;

/// x of x * rsqrt(sum(x²) + eps), with that epsilon.
static Scalar lengthTakenOut(Value value) {
  for (auto [x, inverse] : eitherWay(value, BinaryKind::Mul)) {
    Scalar shifted = scalarOf(unaryOf(inverse, UnaryKind::Rsqrt), BinaryKind::Add);
    Value squares = reduceOf(shifted.x, ReduceKind::Sum);
    if (squares && squareOf(squares) == x && shifted.value > 0)
      return {x, shifted.value};
  }
  return {};
}

static LogicalResult raiseChunkGatedDeltaRule(GatedDeltaScanOp root, PatternRewriter &rewriter) {
  Candidate candidate(root, "chunk_gated_delta_rule");
  Scalar scale = scalarOf(root.getQuery(), BinaryKind::Mul);
  Value query = scale ? scale.x : root.getQuery(), key = root.getKey(), value = root.getValue(), end = root;
  FloatAttr epsilon;
  if (Scalar q = lengthTakenOut(query), k = lengthTakenOut(key); q && k && q.value == k.value) {
    query = q.x, key = k.x;
    epsilon = rewriter.getF32FloatAttr(q.value);
  }
  if (Value q = castOf(query), k = castOf(key), v = castOf(value);
      q && k && v && elementOf(q) == elementOf(k) && elementOf(q) == elementOf(v))
    if (Value rounded = roundedTo(end, elementOf(v)))
      query = q, key = k, value = v, end = rounded;
  return candidate.raise<ChunkGatedDeltaRuleOp>(rewriter, end, {query, key, value, root.getG(), root.getBeta()},
                                                root.getStarts(), end.getType(), query, key, value, root.getG(),
                                                root.getBeta(), root.getStarts(),
                                                rewriter.getF32FloatAttr(scale ? scale.value : 1.0f), epsilon);
}

void raise::rooms::ChunkGatedDeltaRule(Raisings &ops) { ops.add(Stage::wholes, raiseChunkGatedDeltaRule); }
