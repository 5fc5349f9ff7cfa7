// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sines and cosines of positions of several axes.
#include "Lower/Expect.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

static LogicalResult lower(FunctionLowering &f, MropeTableOp op) {
  Value positions = f.buffer(op.getPositions()), cos = f.allocate(op.getCos()), sin = f.allocate(op.getSin());
  if (failed(expectDynamicRoutes(op, op.getCos())))
    return failure();
  // For each axis its frequencies, and 0 for those that turn by another one.
  SmallVector<float> frequencies;
  for (int64_t axis = 0; axis < op.getPositions().getType().getDimSize(0); ++axis)
    for (auto [frequency, turnsBy] : llvm::zip_equal(op.getInvFreq(), op.getAxes()))
      frequencies.push_back(turnsBy == axis ? frequency : 0.0F);
  return f.dispatch(
      op, "mrope_table",
      {f.attr("inv_freq", DenseF32ArrayAttr::get(f.context, frequencies)), f.attr("scale", op.getScale())},
      {f.read(positions), f.write(cos), f.write(sin)});
}

void rooms::MropeTable(OpLowerings &ops) { ops.add<MropeTableOp>(lower); }

} // namespace veomni::lower
