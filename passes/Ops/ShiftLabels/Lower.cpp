// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Each token gets the label of the next.
#include "Lower/Expect.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

static LogicalResult lower(FunctionLowering &f, ShiftLabelsOp op) {
  if (failed(expectDynamicTokens(op)))
    return failure();
  Value labels = f.buffer(op.getLabels()), out = f.allocate(op.getResult());
  return f.dispatch(op, "shift_labels", {f.attr("fill", static_cast<int64_t>(op.getFill()))},
                    {f.read(labels), f.write(out)});
}

void rooms::ShiftLabels(OpLowerings &ops) { ops.add<ShiftLabelsOp>(lower); }

} // namespace veomni::lower
