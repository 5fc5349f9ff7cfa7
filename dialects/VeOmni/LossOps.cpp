// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Verifiers of losses over tokens and their labels.
#include "Verify.h"

using namespace mlir;
using namespace veomni;

/// `what` has the dims of the labels.
static LogicalResult expectOfTokens(Operation *op, StringRef what, Value value, RankedTensorType labels) {
  return expectType(op, what, value.getType(), labels.getShape(), Float32Type::get(op->getContext()));
}

LogicalResult CrossEntropyOp::verify() {
  auto logits = dyn_cast<RankedTensorType>(getLogits().getType()),
       labels = dyn_cast<RankedTensorType>(getLabels().getType());
  if (!logits || logits.getRank() != 3)
    return emitOpError() << "logits must be [batch, seq, vocab], found " << getLogits().getType();
  if (!labels || labels.getShape() != logits.getShape().drop_back())
    return emitOpError() << "labels must be [batch, seq] like " << logits << ", found " << getLabels().getType();
  return expectOfTokens(*this, "losses", getLosses(), labels);
}

LogicalResult LinearCrossEntropyOp::verify() {
  auto ranked = [](Value value) { return dyn_cast<RankedTensorType>(value.getType()); };
  RankedTensorType x = ranked(getX()), weight = ranked(getWeight()), labels = ranked(getLabels());
  if (!weight || weight.getRank() != 2 || !weight.hasStaticShape() || weight.getNumElements() == 0)
    return emitOpError() << "weight must have 2 static dims, none of them 0, found " << getWeight().getType();
  int64_t vocab = weight.getDimSize(0), k = weight.getDimSize(1);
  if (!x || x.getRank() != 3 || x.getDimSize(2) != k)
    return emitOpError() << "x must be [batch, seq, " << k << "] for " << weight << ", found " << getX().getType();
  if (!labels || labels.getShape() != x.getShape().drop_back())
    return emitOpError() << "labels must be [batch, seq] like " << x << ", found " << getLabels().getType();
  auto biasType = RankedTensorType::get({vocab}, weight.getElementType());
  if (getBias() && getBias().getType() != biasType)
    return emitOpError() << "bias must be " << biasType << ", found " << getBias().getType();
  return expectOfTokens(*this, "losses", getLosses(), labels);
}

LogicalResult MeanLossOp::verify() {
  if (auto losses = dyn_cast<RankedTensorType>(getLosses().getType()); !losses || losses.getRank() != 2)
    return emitOpError() << "losses must be [batch, seq], found " << getLosses().getType();
  return success();
}
