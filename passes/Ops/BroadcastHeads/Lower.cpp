// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One head for many.
#include "Lower/FunctionLowering.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

/// The same.
static LogicalResult lower(FunctionLowering &f, BroadcastHeadsOp op) {
  auto x = cast<RankedTensorType>(op.getX().getType());
  if (int64_t(x.getNumDynamicDims()) != x.getRank() - 2)
    return op.emitOpError() << "needs x of one head per row, which is the static dims behind dynamic ones, found " << x;
  return success();
}

void rooms::BroadcastHeads(OpLowerings &ops) { ops.add<BroadcastHeadsOp>(lower); }

} // namespace veomni::lower
