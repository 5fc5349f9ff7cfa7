// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// x * cos + rotate_half(x) * sin, and the same on pairs of neighbours.
#include "Raise/Raise.h"

using namespace mlir;
using namespace veomni;
using namespace veomni::raise;

namespace {

/// The table [..., columns] of which `value` is [..., 1, columns], each row once for all heads.
Value rowOfHeads(Value value) {
  auto op = madeBy<UnflattenOp>(value);
  return op && op.getType() != op.getX().getType() && lastDim(op) == lastDim(op.getX()) ? op.getX() : Value();
}

/// The table that is there twice side by side.
Value halfOf(Value value) {
  Value row = rowOfHeads(value);
  auto both = madeBy<ConcatOp>(row);
  return both && both.getA() == both.getB() ? both.getA() : Value();
}

/// Tables may have been cast to f32, in which the op reads them anyway.
LogicalResult raiseRope(Candidate &candidate, PatternRewriter &rewriter, Value end, Value x, Value cos, Value sin,
                        RopeLayout layout) {
  if (!elementOf(x).isF32())
    return candidate.missed("arithmetic is not f32");
  if (Value source = castOf(x))
    if (Value rounded = roundedTo(end, elementOf(source)))
      x = source, end = rounded;
  if (uncast(cos).getType() == uncast(sin).getType())
    cos = uncast(cos), sin = uncast(sin);
  if (cos.getType() != sin.getType() || end.getType() != x.getType())
    return candidate.missed("cos and sin, or x and the result, are not of one type");
  auto heads = cast<RankedTensorType>(x.getType()), table = cast<RankedTensorType>(cos.getType());
  if (heads.getRank() != table.getRank() + 1 || heads.getShape().drop_back(2) != table.getShape().drop_back())
    return candidate.missed("x is not [..., heads, head_dim] over the tokens of cos and sin");
  return candidate.raise<RopeOp>(rewriter, end, x, {cos, sin}, x, cos, sin, layout);
}

/// A product with `x`; null if it is none.
Value factorWith(Value product, Value x) { return otherThan(product, BinaryKind::Mul, x); }

} // namespace

static LogicalResult raiseRopeOfHalves(BinaryOp root, PatternRewriter &rewriter) {
  for (Pair terms : eitherWay(root, BinaryKind::Add)) {
    for (Pair factors : eitherWay(terms.second, BinaryKind::Mul)) {
      auto turned = madeBy<ConcatOp>(factors.first);
      bool negatesFirst = turned && unaryOf(turned.getA(), UnaryKind::Neg);
      if (!turned || (!negatesFirst && !unaryOf(turned.getB(), UnaryKind::Neg)))
        continue;
      Candidate candidate(root, "rope");
      if (!negatesFirst)
        return candidate.missed("the first half is negated, not the second");
      int64_t half = lastDim(turned.getA());
      Value x = sliceOf(turned.getB(), 0, half);
      if (!x || lastDim(x) != 2 * half || sliceOf(unaryOf(turned.getA(), UnaryKind::Neg), half, half) != x)
        return candidate.missed("what is turned are not the two halves of one tensor");
      Value cosines = factorWith(terms.first, x);
      if (!cosines)
        return candidate.missed("the halves that are turned are not of the value that is added");
      Value cos = halfOf(cosines), sin = halfOf(factors.second);
      if (!cos || !sin)
        return candidate.missed("cos and sin are not the same for both halves and all heads");
      return raiseRope(candidate, rewriter, root, x, cos, sin, RopeLayout::Half);
    }
  }
  return failure();
}

static LogicalResult raiseRopeOfNeighbours(FlattenOp root, PatternRewriter &rewriter) {
  auto pairs = madeBy<ConcatOp>(root.getX());
  auto firstColumn = pairs ? madeBy<UnflattenOp>(pairs.getA()) : UnflattenOp();
  auto secondColumn = pairs ? madeBy<UnflattenOp>(pairs.getB()) : UnflattenOp();
  if (!firstColumn || !secondColumn || lastDim(firstColumn) != 1 || lastDim(secondColumn) != 1)
    return failure();
  // even * cos - odd * sin.
  auto column = [](Value value, int64_t offset) -> Value {
    auto flat = madeBy<FlattenOp>(value);
    Value split = flat ? sliceOf(flat.getX(), offset, 1) : Value();
    auto op = madeBy<UnflattenOp>(split);
    return op && lastDim(op) == 2 ? op.getX() : Value();
  };
  Pair terms = binaryOf(firstColumn.getX(), BinaryKind::Sub);
  if (!terms)
    return failure();
  for (Pair left : eitherWay(terms.first, BinaryKind::Mul)) {
    for (Pair right : eitherWay(terms.second, BinaryKind::Mul)) {
      Value even = left.first, odd = right.first, x = column(even, 0);
      if (!x || column(odd, 1) != x)
        continue;
      Candidate candidate(root, "rope");
      // odd * cos + even * sin.
      bool found = false;
      for (Pair sum : eitherWay(secondColumn.getX(), BinaryKind::Add))
        found |= factorWith(sum.first, odd) == left.second && factorWith(sum.second, even) == right.second;
      if (!found)
        return candidate.missed("the second of each pair is not turned by the angle of the first");
      Value cos = rowOfHeads(left.second), sin = rowOfHeads(right.second);
      if (!cos || !sin)
        return candidate.missed("cos and sin are not the same for all heads");
      return raiseRope(candidate, rewriter, root, x, cos, sin, RopeLayout::Interleaved);
    }
  }
  return failure();
}

/// The first columns of every head turned, the others behind them as they were.
static LogicalResult raisePartialRope(ConcatOp root, PatternRewriter &rewriter) {
  auto turned = madeBy<RopeOp>(root.getA());
  auto rest = madeBy<SliceOp>(root.getB());
  if (!turned || !rest)
    return failure();
  Candidate candidate(root, "rope");
  Value x = rest.getX();
  int64_t columns = lastDim(turned);
  if (sliceOf(turned.getX(), 0, columns) != x || sliceOf(rest, columns, lastDim(x) - columns) != x)
    return candidate.missed("what is turned and what is not are not all columns of one tensor");
  if (columns != 2 * lastDim(turned.getCos()))
    return candidate.missed("not all of the columns in front are turned");
  return candidate.raise<RopeOp>(rewriter, root.getResult(), x, {turned.getCos(), turned.getSin()}, x, turned.getCos(),
                                 turned.getSin(), turned.getLayout());
}

void raise::rooms::Rope(Raisings &ops) {
  ops.add(Stage::wholes, raiseRopeOfHalves);
  ops.add(Stage::wholes, raiseRopeOfNeighbours);
  ops.add(Stage::parts, raisePartialRope);
}
