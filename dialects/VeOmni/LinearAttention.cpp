// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the two spellings of linear attention, chunked and as a scan, verify alike.
#include "LinearAttention.h"
#include "Verify.h"

using namespace mlir;
using namespace veomni;

static LogicalResult verifyStarts(Operation *op, Value starts, ArrayRef<int64_t> tokens, Value like) {
  if (RankedTensorType type = ranked(starts); !type || type.getShape() != tokens)
    return op->emitOpError() << "starts must be [batch, seq] like " << like.getType() << ", found " << starts.getType();
  return success();
}

LogicalResult veomni::verifyTokens(Operation *op, Value x, Value starts) {
  RankedTensorType type = ranked(x);
  if (!type || type.getRank() != 3 || type.isDynamicDim(2) || type.getDimSize(2) == 0)
    return op->emitOpError() << "x must be [batch, seq, columns] with static columns, found " << x.getType();
  return verifyStarts(op, starts, type.getShape().drop_back(), x);
}

LogicalResult veomni::verifyDeltaRule(Operation *op, Value query, Value value, Value g, Value starts) {
  for (auto [heads, name] : {std::pair<Value, StringRef>(query, "query and key"), {value, "value"}}) {
    RankedTensorType type = ranked(heads);
    if (!type || type.getRank() != 4 ||
        llvm::any_of(type.getShape().take_back(2), [](int64_t size) { return size <= 0; }))
      return op->emitOpError() << name << " must be [batch, seq, heads, head_dim] with static heads, found "
                               << heads.getType();
  }
  ArrayRef<int64_t> keys = ranked(query).getShape(), values = ranked(value).getShape();
  if (keys.take_front(2) != values.take_front(2))
    return op->emitOpError() << "query and value must have the same tokens, found " << query.getType() << " and "
                             << value.getType();
  if (values[2] % keys[2] != 0)
    return op->emitOpError() << "query and key heads must divide value heads, found " << keys[2] << " and "
                             << values[2];
  if (RankedTensorType type = ranked(g); !type || type.getShape() != values.drop_back())
    return op->emitOpError() << "g and beta must be [batch, seq, heads] like " << value.getType() << ", found "
                             << g.getType();
  return verifyStarts(op, starts, values.take_front(2), value);
}

LogicalResult CausalConv1dOp::verify() {
  if (failed(verifyTokens(*this, getX(), getStarts())))
    return failure();
  int64_t columns = ranked(getX()).getDimSize(2);
  RankedTensorType weight = ranked(getWeight());
  if (!weight || weight.getRank() != 2 || weight.getDimSize(0) != columns || weight.getDimSize(1) < 2)
    return emitOpError() << "weight must be [" << columns << ", K] with at least 2 taps for x of type "
                         << getX().getType() << ", found " << getWeight().getType();
  constexpr int64_t mostTaps = 1024; // each is a step of its own in the eager form
  if (weight.getDimSize(1) > mostTaps)
    return emitOpError() << "weight must have at most " << mostTaps << " taps, found " << weight;
  if (auto expected = RankedTensorType::get(columns, weight.getElementType());
      getBias() && getBias().getType() != expected)
    return emitOpError() << "bias must be " << expected << ", found " << getBias().getType();
  if (getAct() && *getAct() != GluActivation::Silu)
    return emitOpError() << "act must be silu, found " << stringifyGluActivation(*getAct());
  return success();
}

LogicalResult ChunkGatedDeltaRuleOp::verify() {
  if (failed(verifyDeltaRule(*this, getQuery(), getValue(), getG(), getStarts())))
    return failure();
  if (getElementTypeOrSelf(getQuery()) != getElementTypeOrSelf(getValue()))
    return emitOpError() << "query, key and value must have one element type, found " << getQuery().getType() << " and "
                         << getValue().getType();
  if (getL2NormEps() && !(getL2NormEps()->convertToFloat() > 0 && getL2NormEps()->isFinite()))
    return emitOpError() << "l2_norm_eps must be positive and finite, found " << getL2NormEpsAttr();
  return success();
}
