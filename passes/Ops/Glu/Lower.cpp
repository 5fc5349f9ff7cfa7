// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A gated unit of two tensors.
#include "Lower/FunctionLowering.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

// [lower-glu]
static LogicalResult lower(FunctionLowering &f, GluOp op) {
  Value gate = f.buffer(op.getGate()), up = f.buffer(op.getUp()), out = f.allocate(op.getResult());
  return f.dispatch(op, f.kindOf(op, "glu"), {f.attr("act", stringifyGluActivation(op.getAct()))},
                    {f.read(gate), f.read(up), f.write(out)});
}

void rooms::Glu(OpLowerings &ops) { ops.add<GluOp>(lower); }
// [/lower-glu]

} // namespace veomni::lower
