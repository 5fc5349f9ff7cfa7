// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "LinearAttention.h"

using namespace mlir;
using namespace veomni;

static RankedTensorType ranked(Value value) { return dyn_cast<RankedTensorType>(value.getType()); }

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

LogicalResult CausalConv1dOp::verify() {
  if (failed(verifyTokens(*this, getX(), getStarts())))
    return failure();
  int64_t columns = ranked(getX()).getDimSize(2);
  RankedTensorType weight = ranked(getWeight());
  if (!weight || weight.getRank() != 2 || weight.getDimSize(0) != columns || weight.getDimSize(1) < 2)
    return emitOpError() << "weight must be [" << columns << ", K] with at least 2 taps for x of type " << getX().getType() << ", found "
                         << getWeight().getType();
  if (auto expected = RankedTensorType::get(columns, weight.getElementType()); getBias() && getBias().getType() != expected)
    return emitOpError() << "bias must be " << expected << ", found " << getBias().getType();
  if (getAct() && *getAct() != GluActivation::Silu)
    return emitOpError() << "act must be silu, found " << stringifyGluActivation(*getAct());
  return success();
}
