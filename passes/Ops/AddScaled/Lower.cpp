// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A loss and a share of another.
#include "Lower/FunctionLowering.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

static LogicalResult lower(FunctionLowering &f, AddScaledOp op) {
  Value a = f.buffer(op.getA()), b = f.buffer(op.getB()), out = f.allocate(op.getResult());
  return f.dispatch(op, "add_scaled", {f.attr("alpha", op.getAlpha())}, {f.read(a), f.read(b), f.write(out)});
}

void rooms::AddScaled(OpLowerings &ops) { ops.add<AddScaledOp>(lower); }

} // namespace veomni::lower
