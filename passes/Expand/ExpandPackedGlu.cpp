// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Expand.h"

using namespace mlir;
using namespace veomni;

template <> StringRef expand::missingForm(PackedGluOp op) {
  if (op.getLayout() != GluLayout::Concat)
    return "layout";
  return op.getLimit() ? "limit" : op.getAlpha() ? "alpha" : op.getUpShift() ? "up_shift" : "";
}

expand::Values expand::expand(EagerBuilder &b, PackedGluOp op) {
  int64_t columns = b.lastDim(op.getResult());
  Value gate = b.slice(op.getX(), 0, columns), up = b.slice(op.getX(), columns, columns);
  return {expandGlu(b, op.getAct(), gate, up)};
}
