// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// transformers' apply_rotary_pos_emb, and the split and join around it where only a part of a head turns.
#include "Expand/Expand.h"

using namespace mlir;
using namespace veomni;
using expand::EagerBuilder;

/// One row of the table for all heads of a token.
static Value forAllHeads(EagerBuilder &b, Value table) { return b.unflatten(table, 1, b.lastDim(table)); }

/// x * cos + rotate_half(x) * sin, with the table once per half.
static Value turnHalves(EagerBuilder &b, Value x, Value cos, Value sin) {
  int64_t half = b.lastDim(cos);
  Value first = b.slice(x, 0, half), second = b.slice(x, half, half);
  Value turned = b.concat(b.unary(UnaryKind::Neg, second), first);
  return b.add(b.mul(x, forAllHeads(b, b.concat(cos, cos))), b.mul(turned, forAllHeads(b, b.concat(sin, sin))));
}

/// The same on every other column: x[..., 0::2] and x[..., 1::2].
static Value turnNeighbours(EagerBuilder &b, Value x, Value cos, Value sin) {
  int64_t pairs = b.lastDim(cos);
  Value split = b.unflatten(x, pairs, 2);
  Value even = b.flatten(b.slice(split, 0, 1)), odd = b.flatten(b.slice(split, 1, 1));
  Value cosines = forAllHeads(b, cos), sines = forAllHeads(b, sin);
  Value first = b.sub(b.mul(even, cosines), b.mul(odd, sines)), second = b.add(b.mul(odd, cosines), b.mul(even, sines));
  return b.flatten(b.concat(b.unflatten(first, pairs, 1), b.unflatten(second, pairs, 1)));
}

static expand::Values eagerForm(expand::EagerBuilder &b, RopeOp op) {
  int64_t headDim = b.lastDim(op.getX()), turning = 2 * b.lastDim(op.getCos());
  bool partial = turning < headDim;
  Value part = partial ? b.slice(op.getX(), 0, turning) : op.getX();
  auto turn = op.getLayout() == RopeLayout::Half ? turnHalves : turnNeighbours;
  Value turned = b.cast(turn(b, b.f32(part), b.f32(op.getCos()), b.f32(op.getSin())), b.element(op.getX()));
  return {partial ? b.concat(turned, b.slice(op.getX(), turning, headDim - turning)) : turned};
}

void expand::rooms::Rope(Expansions &ops) { ops.add<RopeOp>(eagerForm); }
