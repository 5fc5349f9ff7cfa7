// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "veomni/Dialect/VeOmni/VeOmni.h"

using namespace mlir;
using namespace veomni;

LogicalResult CrossEntropyOp::verify() {
  auto logits = dyn_cast<RankedTensorType>(getLogits().getType()), labels = dyn_cast<RankedTensorType>(getLabels().getType());
  if (!logits || logits.getRank() != 3)
    return emitOpError() << "logits must be [batch, seq, vocab], found " << getLogits().getType();
  if (!labels || labels.getShape() != logits.getShape().drop_back())
    return emitOpError() << "labels must be [batch, seq] like " << logits << ", found " << getLabels().getType();
  return success();
}
