// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Verifiers of layers that work token by token.
#include "Verify.h"

using namespace mlir;
using namespace veomni;

namespace {

/// The shape of `type` with its last `drop` dims replaced by `tail`.
SmallVector<int64_t> withTail(Type type, unsigned drop, ArrayRef<int64_t> tail) {
  SmallVector<int64_t> shape(cast<RankedTensorType>(type).getShape().drop_back(drop));
  llvm::append_range(shape, tail);
  return shape;
}

LogicalResult expectStatic(Operation *op, Value value, StringRef what, int64_t rank) {
  RankedTensorType type = ranked(value);
  if (!type || type.getRank() != rank || !type.hasStaticShape() || type.getNumElements() == 0)
    return op->emitOpError() << what << " must have " << rank << " static dims, none of them 0, found "
                             << value.getType();
  return success();
}

} // namespace

LogicalResult EmbeddingOp::verify() {
  if (failed(expectLeastRank(*this, getIds(), "ids", 0)) || failed(expectStatic(*this, getTable(), "table", 2)))
    return failure();
  RankedTensorType table = ranked(getTable());
  return expectType(*this, "result", getType(), withTail(getIds().getType(), 0, table.getDimSize(1)),
                    cast<RankedTensorType>(getType()).getElementType());
}

LogicalResult LinearOp::verify() {
  if (failed(expectLeastRank(*this, getX(), "x", 1)) || failed(expectStatic(*this, getWeight(), "weight", 2)))
    return failure();
  RankedTensorType x = ranked(getX()), weight = ranked(getWeight());
  int64_t k = x.getShape().back(), n = weight.getDimSize(0);
  if (weight.getDimSize(1) != k)
    return emitOpError() << "weight must be [N, " << k << "] for x of type " << x << ", found " << weight;
  if (getBias() && failed(expectType(*this, "bias", getBias().getType(), {n}, weight.getElementType())))
    return failure();
  auto result = dyn_cast<RankedTensorType>(getType());
  if (!result)
    return emitOpError() << "result must be ranked, found " << getType();
  return expectType(*this, "result", result, withTail(x, 1, n), result.getElementType());
}

/// Of a norm of `x`, with a weight or null.
static LogicalResult verifyNorm(Operation *op, Value x, StringRef name, const APFloat &eps, Value weight) {
  if (failed(expectLeastRank(op, x, name, 1)))
    return failure();
  if (!(eps.convertToFloat() > 0))
    return op->emitOpError("eps must be positive");
  return weight
             ? expectType(op, "weight", weight.getType(), {ranked(x).getShape().back()}, getElementTypeOrSelf(weight))
             : success();
}

/// Of a norm whose variant says whether there is a weight.
template <typename Norm> static LogicalResult verifyVariant(Norm op, Value x, StringRef name) {
  bool unweighted = op.getVariant() == NormVariant::Unweighted;
  Value weight = op.getWeight();
  if (unweighted && weight)
    return op.emitOpError("variant unweighted takes no weight, found one of type ") << weight.getType();
  if (!unweighted && !weight)
    return op.emitOpError() << "variant " << stringifyNormVariant(op.getVariant()) << " needs a weight";
  return verifyNorm(op, x, name, op.getEps(), weight);
}

LogicalResult RmsNormOp::verify() { return verifyVariant(*this, getX(), "x"); }

LogicalResult GatedRmsNormOp::verify() {
  if (failed(verifyNorm(*this, getX(), "x", getEps(), getWeight())))
    return failure();
  // In f32 the product with the weight would not be rounded to the type of x.
  Type element = getElementTypeOrSelf(getX().getType());
  if (!element.isF32() && getElementTypeOrSelf(getWeight().getType()) != element)
    return emitOpError() << "weight must have the element type of x, which is not f32, found " << getWeight().getType()
                         << " for " << getX().getType();
  return success();
}

LogicalResult AddRmsNormOp::verify() { return verifyVariant(*this, getA(), "a"); }

LogicalResult LayerNormOp::verify() { return verifyNorm(*this, getX(), "x", getEps(), getWeight()); }

/// `split` is `joined` with its last dim in two.
static LogicalResult verifySplit(Operation *op, Value joined, Value split) {
  if (failed(expectLeastRank(op, joined, "the joined tensor", 1)) ||
      failed(expectLeastRank(op, split, "the split tensor", 2)))
    return failure();
  RankedTensorType from = ranked(joined), to = ranked(split);
  ArrayRef<int64_t> tail = to.getShape().take_back(2);
  if (ShapedType::isDynamic(tail[0]) || ShapedType::isDynamic(tail[1]) ||
      ShapedType::isDynamic(from.getShape().back()) || tail[0] * tail[1] != from.getShape().back() ||
      from.getShape().drop_back() != to.getShape().drop_back(2) || from.getElementType() != to.getElementType())
    return op->emitOpError() << "the last two dims of " << to << " must be static and multiply to the last dim of "
                             << from;
  return success();
}

LogicalResult UnflattenOp::verify() { return verifySplit(*this, getX(), getResult()); }
LogicalResult FlattenOp::verify() { return verifySplit(*this, getResult(), getX()); }

LogicalResult SliceOp::verify() {
  if (failed(expectLeastRank(*this, getX(), "x", 1)) || failed(expectLeastRank(*this, getResult(), "result", 1)))
    return failure();
  int64_t columns = ranked(getX()).getShape().back(), size = ranked(getResult()).getShape().back(),
          offset = getOffset();
  if (ShapedType::isDynamic(columns) || size < 1 || offset > columns - size)
    return emitOpError() << "columns from 'offset' = " << offset << " as in " << getType() << " do not exist in "
                         << getX().getType();
  return expectType(*this, "result", getType(), withTail(getX().getType(), 1, size), ranked(getX()).getElementType());
}

LogicalResult ConcatOp::verify() {
  if (failed(expectLeastRank(*this, getA(), "a", 1)) || failed(expectLeastRank(*this, getB(), "b", 1)))
    return failure();
  RankedTensorType a = ranked(getA());
  int64_t first = a.getShape().back(), second = ranked(getB()).getShape().back();
  if (ShapedType::isDynamic(first) || ShapedType::isDynamic(second))
    return emitOpError() << "the last dims of a and b must be static, found " << a << " and " << getB().getType();
  if (failed(expectType(*this, "b", getB().getType(), withTail(a, 1, second), a.getElementType())))
    return failure();
  return expectType(*this, "result", getType(), withTail(a, 1, first + second), a.getElementType());
}

LogicalResult BroadcastHeadsOp::verify() {
  if (failed(expectLeastRank(*this, getX(), "x", 2)) || failed(expectLeastRank(*this, getResult(), "result", 2)))
    return failure();
  RankedTensorType x = ranked(getX());
  ArrayRef<int64_t> tail = x.getShape().take_back(2);
  int64_t heads = ranked(getResult()).getShape().take_back(2).front();
  if (tail[0] != 1 || ShapedType::isDynamic(tail[1]))
    return emitOpError() << "x must be [..., 1, head_dim], found " << x;
  if (heads < 1)
    return emitOpError() << "result must be [..., heads, head_dim], found " << getType();
  return expectType(*this, "result", getType(), withTail(x, 2, {heads, tail[1]}), x.getElementType());
}

OpFoldResult UnflattenOp::fold(FoldAdaptor) {
  auto inverse = getX().getDefiningOp<FlattenOp>();
  return inverse && inverse.getX().getType() == getType() ? inverse.getX() : Value();
}

OpFoldResult FlattenOp::fold(FoldAdaptor) {
  auto inverse = getX().getDefiningOp<UnflattenOp>();
  return inverse ? inverse.getX() : Value();
}
