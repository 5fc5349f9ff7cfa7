// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sines and cosines of positions by frequencies that depend on how far the run reaches.
#include "Lower/Expect.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

static LogicalResult lower(FunctionLowering &f, RopeTableOfRunOp op) {
  if (failed(expectPlainRows(op, /*inRow=*/0)))
    return failure();
  Value positions = f.buffer(op.getPositions()), cos = f.allocate(op.getCos()), sin = f.allocate(op.getSin());
  SmallVector<NamedAttribute> config{f.attr("inv_freq", DenseF32ArrayAttr::get(f.context, op.getInvFreq())),
                                     f.attr("length", static_cast<int64_t>(op.getLength())),
                                     f.attr("scale", op.getScale())};
  if (op.getFactor())
    config.push_back(f.attr("factor", *op.getFactor()));
  else
    config.push_back(f.attr("long_inv_freq", DenseF32ArrayAttr::get(f.context, *op.getLongInvFreq())));
  return f.dispatch(op, op.getFactor() ? "rope_table_dynamic" : "rope_table_long", config,
                    {f.read(positions), f.write(cos), f.write(sin)});
}

void rooms::RopeTableOfRun(OpLowerings &ops) { ops.add<RopeTableOfRunOp>(lower); }

} // namespace veomni::lower
