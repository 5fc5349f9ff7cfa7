// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Verifiers and custom syntax of ops that see whole sequences: positions, attention, convolution, linear attention.
#include "Assembly.h"
#include "Verify.h"

using namespace mlir;
using namespace veomni;

LogicalResult RopeTableOp::verify() {
  RankedTensorType positions = ranked(getPositions()), cos = ranked(getCos());
  if (!positions || !cos || cos.getRank() != positions.getRank() + 1 ||
      cos.getShape().drop_back() != positions.getShape() ||
      cos.getShape().back() != static_cast<int64_t>(getInvFreq().size()))
    return emitOpError() << "results must have the dims of " << getPositions().getType() << " and one of "
                         << getInvFreq().size() << " frequencies, found " << getCos().getType();
  return success();
}

LogicalResult MropeTableOp::verify() {
  RankedTensorType positions = ranked(getPositions()), cos = ranked(getCos());
  const size_t count = getInvFreq().size();
  if (!positions || positions.getRank() != 3 || positions.isDynamicDim(0))
    return emitOpError() << "positions must be [axes, batch, seq] with a static number of axes, found "
                         << getPositions().getType();
  if (!cos || cos.getRank() != 3 || cos.getShape().drop_back() != positions.getShape().drop_front() ||
      cos.getShape().back() != static_cast<int64_t>(count))
    return emitOpError() << "results must be [batch, seq, " << count << "] for " << getPositions().getType()
                         << ", found " << getCos().getType();
  if (getAxes().size() != count)
    return emitOpError() << "names " << getAxes().size() << " axes, expected one for each of " << count
                         << " frequencies";
  for (int64_t axis : getAxes())
    if (axis < 0 || axis >= positions.getDimSize(0))
      return emitOpError() << "names axis " << axis << " of positions of " << positions.getDimSize(0);
  return success();
}

LogicalResult TokenIndexOp::verify() {
  RankedTensorType ids = ranked(getIds()), result = ranked(getResult());
  if (!ids || !result || ids.getRank() != 2 || ids.getShape() != result.getShape())
    return emitOpError() << "ids must be [batch, seq] and the result like them, found " << getIds().getType() << " and "
                         << getType();
  return success();
}

LogicalResult TakeRowsOp::verify() {
  RankedTensorType rows = ranked(getRows()), index = ranked(getIndex()), result = ranked(getResult());
  if (!rows || rows.getRank() != 2)
    return emitOpError() << "rows must be [N, H], found " << getRows().getType();
  if (!index || !result || result.getRank() != index.getRank() + 1 ||
      result.getShape().drop_back() != index.getShape() || result.getShape().back() != rows.getDimSize(1))
    return emitOpError() << "result must have the dims of " << getIndex().getType() << " and the columns of "
                         << getRows().getType() << ", found " << getType();
  if (getOtherwise() && getOtherwise().getType() != getType())
    return emitOpError() << "else must be " << getType() << ", found " << getOtherwise().getType();
  return success();
}

LogicalResult RopeTableOfRunOp::verify() {
  RankedTensorType positions = ranked(getPositions()), cos = ranked(getCos());
  if (!positions || positions.getRank() != 2)
    return emitOpError() << "positions must be [batch, seq], found " << getPositions().getType();
  const size_t count = getInvFreq().size();
  if (!cos || cos.getRank() != 3 || cos.getShape().drop_back() != positions.getShape() ||
      cos.getShape().back() != static_cast<int64_t>(count))
    return emitOpError() << "results must have the dims of " << positions << " and one of " << count
                         << " frequencies, found " << getCos().getType();
  if (getFactor().has_value() == getLongInvFreq().has_value())
    return emitOpError() << "expected either factor or long_inv_freq, found " << (getFactor() ? "both" : "neither");
  if (getLongInvFreq() && getLongInvFreq()->size() != count)
    return emitOpError() << "long_inv_freq has " << getLongInvFreq()->size() << " numbers, expected " << count
                         << " as inv_freq has";
  if (getFactor() && (!getFactor()->isFinite() || getFactor()->convertToFloat() < 1 || count < 2))
    return emitOpError() << "factor must be a finite number of at least 1 with at least two frequencies, found "
                         << getFactor()->convertToFloat() << " with " << count;
  return success();
}

LogicalResult LastTokenOp::verify() {
  RankedTensorType x = ranked(getX()), ids = ranked(getIds()), result = ranked(getResult());
  if (!x || x.getRank() != 3)
    return emitOpError() << "x must be [batch, seq, columns], found " << getX().getType();
  if (!ids || ids.getShape() != x.getShape().drop_back())
    return emitOpError() << "ids must have the first two dims of " << x << ", found " << getIds().getType();
  if (!result || result.getElementType() != x.getElementType() ||
      result.getShape() != ArrayRef<int64_t>{x.getDimSize(0), x.getDimSize(2)})
    return emitOpError() << "result must be [batch, columns] of " << x << ", found " << getType();
  return success();
}

LogicalResult RopeOp::verify() {
  RankedTensorType x = ranked(getX()), cos = ranked(getCos());
  if (!x || x.getRank() < 2)
    return emitOpError() << "x must be [..., heads, head_dim], found " << getX().getType();
  if (!cos || cos.getRank() != x.getRank() - 1 || cos.getShape().drop_back() != x.getShape().drop_back(2))
    return emitOpError() << "cos and sin must have the leading dims of " << x << ", found " << getCos().getType();
  if (2 * cos.getShape().back() > x.getShape().back())
    return emitOpError() << "cos has " << cos.getShape().back() << " columns, but head_dim " << x.getShape().back()
                         << " allows at most " << x.getShape().back() / 2;
  return success();
}

LogicalResult DocumentStartsOp::verify() {
  RankedTensorType positions = ranked(getPositions()), result = ranked(getResult());
  if (!positions || positions.getRank() != 2)
    return emitOpError() << "positions must be [batch, seq], found " << getPositions().getType();
  if (!result || result.getShape() != positions.getShape())
    return emitOpError() << "result must have the shape of " << positions << ", found " << getType();
  return success();
}

/// The type of the result: that of the query with the head size of the values.
static Type attentionResult(Type queryType, Type valueType) {
  auto query = dyn_cast<RankedTensorType>(queryType), value = dyn_cast<RankedTensorType>(valueType);
  if (!query || !value || query.getRank() < 1 || value.getRank() < 1)
    return queryType;
  SmallVector<int64_t> shape(query.getShape());
  shape.back() = value.getShape().back();
  return RankedTensorType::get(shape, query.getElementType());
}

ParseResult veomni::parseValueTypes(OpAsmParser &parser, Type query, Type key, Type &value, Type &result) {
  value = key;
  if (succeeded(parser.parseOptionalKeyword("values")) && parser.parseType(value))
    return failure();
  result = attentionResult(query, value);
  return success();
}

void veomni::printValueTypes(OpAsmPrinter &printer, Operation *, Type, Type key, Type value, Type) {
  if (value != key)
    printer << " values " << value;
}

/// What says which keys a query sees.
template <typename Op> static LogicalResult verifyVisibility(Op op, RankedTensorType query, RankedTensorType key) {
  for (auto [value, name, tokens, dims] :
       {std::tuple<Value, StringRef, RankedTensorType, StringRef>(op.getStarts(), "starts", query, "[batch, seq]"),
        {op.getKeyMask(), "key_mask", key, "[batch, keys]"}})
    if (RankedTensorType type = ranked(value); !type || type.getShape() != tokens.getShape().take_front(2))
      return op.emitOpError() << name << " must be " << dims << " like " << tokens << ", found " << value.getType();
  return success();
}

/// What all attention has.
template <typename Op> static LogicalResult verifyAttention(Op op) {
  RankedTensorType query = ranked(op.getQuery()), key = ranked(op.getKey()), value = ranked(op.getValue());
  if (!query || query.getRank() != 4 || !key || key.getRank() != 4)
    return op.emitOpError() << "query, key and value must be [batch, seq, heads, head_dim], found "
                            << op.getQuery().getType() << " and " << op.getKey().getType();
  if (query.getElementType() != key.getElementType())
    return op.emitOpError() << "query and key must have one element type, found " << query << " and " << key;
  for (RankedTensorType type : {query, key})
    if (type.isDynamicDim(2) || type.isDynamicDim(3))
      return op.emitOpError() << "heads and head_dim must be static, found " << type;
  int64_t heads = query.getDimSize(2), kvHeads = key.getDimSize(2);
  if (query.getDimSize(3) != key.getDimSize(3))
    return op.emitOpError() << "query and key must have one head_dim, found " << query.getDimSize(3) << " and "
                            << key.getDimSize(3);
  if (kvHeads <= 0 || heads % kvHeads != 0)
    return op.emitOpError() << "key/value heads must divide query heads, found " << kvHeads << " and " << heads;
  if (!value || value.getRank() != 4 || value.getShape().drop_back() != key.getShape().drop_back() ||
      value.getElementType() != key.getElementType())
    return op.emitOpError() << "value must be like the key but for its head_dim, found " << op.getValue().getType()
                            << " for " << key;
  if (op.getType() != attentionResult(query, value))
    return op.emitOpError() << "result must be " << attentionResult(query, value) << ", found " << op.getType();
  return verifyVisibility(op, query, key);
}

StringRef AttentionOp::getShardingRule() {
  // Full attention without a window does not ask where among the keys a query stands.
  bool anywhere = getVisibility() == Visibility::Full && getWindow() == 0;
  return anywhere ? "bs(gr)D,bTgD,bTgV,bs,bs,bT,,(gr)->bs(gr)V" : "bS(gr)D,bTgD,bTgV,bS,bS,bT,,(gr)->bS(gr)V";
}

LogicalResult AttentionOp::verify() {
  if (failed(verifyAttention(*this)) || failed(verifyEnds(*this)))
    return failure();
  int64_t heads = ranked(getQuery()).getDimSize(2);
  if (getSinks() && ranked(getSinks()) != RankedTensorType::get(heads, getElementTypeOrSelf(getSinks())))
    return emitOpError() << "sinks must be [" << heads << "], one per head, found " << getSinks().getType();
  return success();
}

LogicalResult DsaIndexerOp::verify() {
  RankedTensorType query = ranked(getQuery());
  if (!query || query.getRank() != 4 || query.isDynamicDim(2) || query.isDynamicDim(3))
    return emitOpError() << "query must be [batch, seq, heads, head_dim] with static heads, found "
                         << getQuery().getType();
  int64_t batch = query.getDimSize(0), seq = query.getDimSize(1);
  RankedTensorType key = ranked(getKey());
  if (!key || key.getRank() != 3 || key.getDimSize(0) != batch || key.getDimSize(2) != query.getDimSize(3) ||
      key.getElementType() != query.getElementType())
    return emitOpError() << "key must be [batch, keys, head_dim] for a query of type " << query << ", found "
                         << getKey().getType();
  if (RankedTensorType weights = ranked(getWeights()); !weights || weights.getShape() != query.getShape().drop_back())
    return emitOpError() << "weights must be [batch, seq, heads] like " << query << ", found "
                         << getWeights().getType();
  if (failed(verifyVisibility(*this, query, key)))
    return failure();
  int64_t topK = getTopK();
  if (auto expected = RankedTensorType::get({batch, seq, topK}, IntegerType::get(getContext(), 32));
      getType() != expected)
    return emitOpError() << "result must be " << expected << ", found " << getType();
  return success();
}

LogicalResult DsaAttentionOp::verify() {
  if (failed(verifyAttention(*this)))
    return failure();
  RankedTensorType query = ranked(getQuery()), indices = ranked(getIndices());
  if (!indices || indices.getRank() != 3 || indices.isDynamicDim(2) ||
      indices.getShape().take_front(2) != query.getShape().take_front(2))
    return emitOpError() << "indices must be [batch, seq, n] like " << query << " with a static n, found "
                         << getIndices().getType();
  return success();
}
