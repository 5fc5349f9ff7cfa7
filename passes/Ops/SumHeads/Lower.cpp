// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sums over heads.
#include "Lower/FunctionLowering.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

static LogicalResult lower(FunctionLowering &f, SumHeadsOp op) {
  Value x = f.buffer(op.getX()), out = f.allocate(op.getResult());
  return f.dispatch(op, "sum_heads", {}, {f.read(x), f.write(out)});
}

void rooms::SumHeads(OpLowerings &ops) { ops.add<SumHeadsOp>(lower); }

} // namespace veomni::lower
