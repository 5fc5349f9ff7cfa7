// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sines and cosines of positions.
#include "Lower/Expect.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

static LogicalResult lower(FunctionLowering &f, RopeTableOp op) {
  if (failed(expectPlainRows(op, /*inRow=*/0)))
    return failure();
  Value positions = f.buffer(op.getPositions()), cos = f.allocate(op.getCos()), sin = f.allocate(op.getSin());
  auto frequencies = DenseF32ArrayAttr::get(f.context, op.getInvFreq());
  return f.dispatch(op, "rope_table", {f.attr("inv_freq", frequencies), f.attr("scale", op.getScale())},
                    {f.read(positions), f.write(cos), f.write(sin)});
}

void rooms::RopeTable(OpLowerings &ops) { ops.add<RopeTableOp>(lower); }

} // namespace veomni::lower
