// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One number everywhere.
#include "Lower/FunctionLowering.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

static LogicalResult lower(FunctionLowering &f, FullLikeOp op) {
  return f.dispatch(op, "fill", {f.attr("value", op.getValue())}, {f.write(f.allocate(op.getResult()))});
}

void rooms::FullLike(OpLowerings &ops) { ops.add<FullLikeOp>(lower).anyRowStride(); }

} // namespace veomni::lower
