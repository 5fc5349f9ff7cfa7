// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Verifiers, folders and rules of the ops that a tensor library offers, in which eager forms are written.
#include "LinearAttention.h"
#include "Verify.h"

using namespace mlir;
using namespace veomni;

namespace {

/// The dims of `type` and then `last`.
SmallVector<int64_t> append(ArrayRef<int64_t> dims, int64_t last) {
  SmallVector<int64_t> shape(dims);
  shape.push_back(last);
  return shape;
}

LogicalResult expectRank(Operation *op, Value value, StringRef what, ArrayRef<StringRef> dims) {
  if (RankedTensorType type = ranked(value); !type || type.getRank() != static_cast<int64_t>(dims.size()))
    return op->emitOpError() << what << " must be [" << llvm::join(dims, ", ") << "], found " << value.getType();
  return success();
}

/// The text lives as long as the context.
StringRef interned(Operation *op, const Twine &text) { return StringAttr::get(op->getContext(), text).getValue(); }

/// One letter per dim of the result from `first` on, in the alphabet's order; an upper-case one where `type` repeats a
/// dim.
std::string letters(RankedTensorType type, RankedTensorType result) {
  std::string text;
  int64_t absent = result.getRank() - type.getRank();
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    bool repeats = type.getDimSize(dim) == 1 && result.getDimSize(absent + dim) != 1;
    text += static_cast<char>((repeats ? 'A' : 'a') + absent + dim);
  }
  return text;
}

} // namespace

//===--- Elementwise ----------------------------------------------------------------------------------------------===//

OpFoldResult CastOp::fold(FoldAdaptor) { return getX().getType() == getType() ? getX() : Value(); }

OpFoldResult UnaryOp::fold(FoldAdaptor) {
  auto inner = getX().getDefiningOp<UnaryOp>();
  return getKind() == UnaryKind::Neg && inner && inner.getKind() == UnaryKind::Neg ? inner.getX() : Value();
}

RankedTensorType BinaryOp::inferType(Value a, Value b) {
  RankedTensorType left = ranked(a), right = ranked(b);
  if (!left || !right)
    return {};
  if (left.getRank() < right.getRank())
    std::swap(left, right);
  SmallVector<int64_t> shape(left.getShape());
  int64_t absent = left.getRank() - right.getRank();
  for (auto [size, other] : llvm::zip(MutableArrayRef(shape).drop_front(absent), right.getShape())) {
    if (size == 1)
      size = other;
    else if (other != 1 && other != size)
      return {};
  }
  Type element = left.getElementType();
  return RankedTensorType::get(shape, element == right.getElementType() ? element : Float32Type::get(a.getContext()));
}

LogicalResult BinaryOp::verify() {
  RankedTensorType expected = inferType(getA(), getB());
  if (!expected)
    return emitOpError() << "dims of " << getA().getType() << " and " << getB().getType() << " do not line up";
  if (getType() != expected)
    return emitOpError() << "result must be " << expected << ", found " << getType();
  return success();
}

StringRef BinaryOp::getShardingRule() {
  RankedTensorType result = ranked(getResult());
  return interned(*this, letters(ranked(getA()), result) + "," + letters(ranked(getB()), result) + "->" +
                             letters(result, result));
}

LogicalResult BinaryScalarOp::verify() {
  if (!getValue().isFinite())
    return emitOpError("value must be finite");
  return success();
}

OpFoldResult BinaryScalarOp::fold(FoldAdaptor) {
  bool byOne = (getKind() == BinaryKind::Mul || getKind() == BinaryKind::Div) && getValue().isExactlyValue(1.0);
  return byOne ? getX() : Value();
}

//===--- Over dims ------------------------------------------------------------------------------------------------===//

StringRef ReduceOp::getShardingRule() {
  switch (getKind()) {
  case ReduceKind::Sum:
    return ".k->.O";
  case ReduceKind::Max:
    return ".k^->.O";
  case ReduceKind::Mean: // parts need not be equally long
    return ".K->.O";
  }
  llvm_unreachable("all kinds are handled");
}

LogicalResult ReduceOp::verify() {
  if (failed(expectLeastRank(*this, getX(), "x", 1)))
    return failure();
  RankedTensorType x = ranked(getX());
  return expectType(*this, "result", getType(), append(x.getShape().drop_back(), 1), x.getElementType());
}

LogicalResult SumHeadsOp::verify() {
  if (failed(expectLeastRank(*this, getX(), "x", 2)))
    return failure();
  RankedTensorType x = ranked(getX());
  SmallVector<int64_t> shape(x.getShape());
  int64_t &heads = *std::prev(shape.end(), 2);
  if (ShapedType::isDynamic(heads))
    return emitOpError() << "the last dim but one of x must be static, found " << x;
  heads = 1;
  return expectType(*this, "result", getType(), shape, x.getElementType());
}

LogicalResult SumLeadingOp::verify() {
  RankedTensorType x = ranked(getX()), result = ranked(getResult());
  if (!x || !result || !result.hasStaticShape() || result.getRank() >= x.getRank() ||
      x.getShape().take_back(result.getRank()) != result.getShape())
    return emitOpError() << "result must be static and have some of the last dims of " << getX().getType() << ", found "
                         << getType();
  return success();
}

StringRef SumLeadingOp::getShardingRule() {
  RankedTensorType x = ranked(getX());
  return interned(*this, letters(x, x) + "->" + letters(ranked(getResult()), x));
}

LogicalResult TopKOp::verify() {
  if (failed(expectLeastRank(*this, getX(), "x", 1)) || failed(expectLeastRank(*this, getValues(), "values", 1)))
    return failure();
  RankedTensorType x = ranked(getX());
  int64_t count = ranked(getValues()).getShape().back(), columns = x.getShape().back();
  if (ShapedType::isDynamic(columns) || count < 1 || count > columns)
    return emitOpError() << "there are no " << count << " greatest of the last dim of " << x;
  SmallVector<int64_t> shape = append(x.getShape().drop_back(), count);
  if (failed(expectType(*this, "values", getValues().getType(), shape, x.getElementType())))
    return failure();
  return expectType(*this, "indices", getIndices().getType(), shape, IntegerType::get(getContext(), 32));
}

LogicalResult OneHotOp::verify() {
  RankedTensorType indices = ranked(getIndices()), result = ranked(getResult());
  if (!indices || !result || result.getRank() != indices.getRank() + 1 ||
      result.getShape().drop_back() != indices.getShape() || result.isDynamicDim(indices.getRank()))
    return emitOpError() << "result must have the dims of " << getIndices().getType() << " and a static one, found "
                         << getType();
  return success();
}

//===--- Labels and masks of tokens -------------------------------------------------------------------------------===//

LogicalResult ShiftLabelsOp::verify() { return expectRank(*this, getLabels(), "labels", {"batch", "seq"}); }

LogicalResult GatherLabelOp::verify() {
  if (failed(expectLeastRank(*this, getX(), "x", 1)))
    return failure();
  RankedTensorType x = ranked(getX()), labels = ranked(getLabels());
  if (!labels || labels.getShape() != x.getShape().drop_back())
    return emitOpError() << "labels must have the leading dims of " << x << ", found " << getLabels().getType();
  return expectType(*this, "result", getType(), labels.getShape(), x.getElementType());
}

LogicalResult NotEqualOp::verify() {
  if (failed(expectLeastRank(*this, getTokens(), "tokens", 0)))
    return failure();
  ArrayRef<int64_t> tokens = ranked(getTokens()).getShape();
  bool column = ranked(getResult()).getRank() > static_cast<int64_t>(tokens.size());
  return expectType(*this, "result", getType(), column ? append(tokens, 1) : SmallVector<int64_t>(tokens),
                    Float32Type::get(getContext()));
}

StringRef NotEqualOp::getShardingRule() {
  return ranked(getResult()).getRank() == ranked(getTokens()).getRank() ? ".->." : ".->.O";
}

//===--- Products -------------------------------------------------------------------------------------------------===//

StringRef MatmulOp::getShardingRule() {
  if (getTransposeA())
    return getTransposeB() ? ".km,.nk->.mn" : ".km,.kn->.mn";
  return getTransposeB() ? ".mk,.nk->.mn" : ".mk,.kn->.mn";
}

LogicalResult MatmulOp::verify() {
  if (failed(expectLeastRank(*this, getA(), "a", 2)) || failed(expectLeastRank(*this, getB(), "b", 2)) ||
      failed(expectLeastRank(*this, getResult(), "result", 2)))
    return failure();
  RankedTensorType a = ranked(getA()), b = ranked(getB());
  if (a.getShape().drop_back(2) != b.getShape().drop_back(2))
    return emitOpError() << "a and b must have the same dims but for the last two, found " << a << " and " << b;
  int64_t rank = a.getRank(), depthA = a.getDimSize(rank - (getTransposeA() ? 2 : 1)),
          depthB = b.getDimSize(rank - (getTransposeB() ? 1 : 2));
  if (depthA != depthB)
    return emitOpError() << "a and b must be summed over dims of one size, found " << a << " and " << b;
  int64_t rows = a.getDimSize(rank - (getTransposeA() ? 1 : 2)),
          columns = b.getDimSize(rank - (getTransposeB() ? 2 : 1));
  return expectType(*this, "result", getType(), append(append(a.getShape().drop_back(2), rows), columns),
                    ranked(getResult()).getElementType());
}

//===--- Attention ------------------------------------------------------------------------------------------------===//

StringRef AttentionMaskOp::getShardingRule() {
  bool anywhere = getVisibility() == Visibility::Full && getWindow() == 0; // as in attention
  return anywhere ? "bs,bs,bT,->bsOT" : "bS,bS,bT,->bSOT";
}

LogicalResult AttentionMaskOp::verify() {
  if (failed(expectRank(*this, getStarts(), "starts", {"batch", "seq"})) ||
      failed(expectRank(*this, getKeyMask(), "key_mask", {"batch", "keys"})) || failed(verifyEnds(*this)))
    return failure();
  RankedTensorType starts = ranked(getStarts()), mask = ranked(getKeyMask());
  if (starts.getDimSize(0) != mask.getDimSize(0))
    return emitOpError() << "starts and key_mask must have one batch, found " << starts << " and " << mask;
  return expectType(*this, "result", getType(), {starts.getDimSize(0), starts.getDimSize(1), 1, mask.getDimSize(1)},
                    Float32Type::get(getContext()));
}

/// Heads of `many` read those of `few` in groups of equal size.
static LogicalResult verifyHeads(Operation *op, RankedTensorType many, RankedTensorType few) {
  int64_t heads = many.getDimSize(2), kvHeads = few.getDimSize(2);
  for (RankedTensorType type : {many, few})
    if (type.isDynamicDim(2))
      return op->emitOpError() << "heads must be static, found " << type;
  if (kvHeads <= 0 || heads % kvHeads != 0)
    return op->emitOpError() << "key/value heads must divide query heads, found " << kvHeads << " and " << heads;
  if (many.getDimSize(0) != few.getDimSize(0))
    return op->emitOpError() << "operands must have one batch, found " << many << " and " << few;
  return success();
}

LogicalResult AttentionScoresOp::verify() {
  if (failed(expectRank(*this, getQuery(), "query", {"batch", "seq", "heads", "head_dim"})) ||
      failed(expectRank(*this, getKey(), "key", {"batch", "keys", "kv_heads", "head_dim"})))
    return failure();
  RankedTensorType query = ranked(getQuery()), key = ranked(getKey());
  if (failed(verifyHeads(*this, query, key)))
    return failure();
  if (query.getDimSize(3) != key.getDimSize(3) || query.isDynamicDim(3))
    return emitOpError() << "query and key must have one static head_dim, found " << query << " and " << key;
  return expectType(*this, "result", getType(), append(query.getShape().drop_back(), key.getDimSize(1)),
                    Float32Type::get(getContext()));
}

LogicalResult AttentionValuesOp::verify() {
  if (failed(expectRank(*this, getWeights(), "weights", {"batch", "seq", "heads", "keys"})) ||
      failed(expectRank(*this, getValue(), "value", {"batch", "keys", "kv_heads", "head_dim"})) ||
      failed(expectLeastRank(*this, getResult(), "result", 1)))
    return failure();
  RankedTensorType weights = ranked(getWeights()), value = ranked(getValue());
  if (failed(verifyHeads(*this, weights, value)))
    return failure();
  if (weights.getDimSize(3) != value.getDimSize(1))
    return emitOpError() << "weights and value must have as many keys, found " << weights << " and " << value;
  return expectType(*this, "result", getType(), append(weights.getShape().drop_back(), value.getDimSize(3)),
                    ranked(getResult()).getElementType());
}

/// Scores or a mask that all heads share.
static LogicalResult expectOneHead(Operation *op, Value value, StringRef what) {
  if (RankedTensorType type = ranked(value); !type || type.getRank() != 4 || type.getDimSize(2) != 1)
    return op->emitOpError() << what << " must be [batch, seq, 1, keys], found " << value.getType();
  return success();
}

LogicalResult SelectKeysOp::verify() {
  if (failed(expectOneHead(*this, getScores(), "scores")))
    return failure();
  RankedTensorType scores = ranked(getScores());
  if (getMask().getType() != scores)
    return emitOpError() << "mask must be " << scores << " like the scores, found " << getMask().getType();
  int64_t topK = getTopK();
  return expectType(*this, "result", getType(), append(scores.getShape().take_front(2), topK),
                    IntegerType::get(getContext(), 32));
}

LogicalResult KeepKeysOp::verify() {
  if (failed(expectOneHead(*this, getMask(), "mask")))
    return failure();
  RankedTensorType mask = ranked(getMask()), indices = ranked(getIndices());
  if (!indices || indices.getRank() != 3 || indices.isDynamicDim(2) ||
      indices.getShape().take_front(2) != mask.getShape().take_front(2))
    return emitOpError() << "indices must be [batch, seq, n] like " << mask << " with a static n, found "
                         << getIndices().getType();
  return success();
}

//===--- Linear attention -----------------------------------------------------------------------------------------===//

LogicalResult ShiftTokensOp::verify() { return verifyTokens(*this, getX(), getStarts()); }

LogicalResult GatedDeltaScanOp::verify() { return verifyDeltaRule(*this, getQuery(), getValue(), getG(), getStarts()); }
