// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sums over leading dims.
#include "Lower/FunctionLowering.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

static LogicalResult lower(FunctionLowering &f, SumLeadingOp op) {
  Value x = f.buffer(op.getX()), out = f.allocate(op.getResult());
  if (op.getResult().getType().getRank() == 0 && op.getX().getType().isDynamicDim(op.getX().getType().getRank() - 1))
    x = f.columnOf(x);
  return f.dispatch(op, "sum_rows", {}, {f.read(x), f.write(out)});
}

void rooms::SumLeading(OpLowerings &ops) { ops.add<SumLeadingOp>(lower); }

} // namespace veomni::lower
