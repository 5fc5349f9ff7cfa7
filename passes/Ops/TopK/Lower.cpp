// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The greatest columns and which they are.
#include "Lower/FunctionLowering.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

static LogicalResult lower(FunctionLowering &f, TopKOp op) {
  Value x = f.buffer(op.getX()), values = f.allocate(op.getValues()), indices = f.allocate(op.getIndices());
  return f.dispatch(op, "top_k", {}, {f.read(x), f.write(values), f.write(indices)});
}

void rooms::TopK(OpLowerings &ops) { ops.add<TopKOp>(lower); }

} // namespace veomni::lower
