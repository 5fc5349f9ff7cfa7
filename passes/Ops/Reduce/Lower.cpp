// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Columns become one.
#include "Lower/FunctionLowering.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

static LogicalResult lower(FunctionLowering &f, ReduceOp op) {
  Value x = f.buffer(op.getX()), out = f.allocate(op.getResult());
  return f.dispatch(op, "reduce", {f.attr("function", stringifyReduceKind(op.getKind()))}, {f.read(x), f.write(out)});
}

void rooms::Reduce(OpLowerings &ops) { ops.add<ReduceOp>(lower); }

} // namespace veomni::lower
