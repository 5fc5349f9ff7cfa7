// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The column that each label names.
#include "Lower/FunctionLowering.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

static LogicalResult lower(FunctionLowering &f, GatherLabelOp op) {
  Value x = f.buffer(op.getX()), labels = f.buffer(op.getLabels()), out = f.allocate(op.getResult());
  return f.dispatch(op, "gather_label", {f.attr("ignore_index", static_cast<int64_t>(op.getIgnoreIndex()))},
                    {f.read(x), f.read(labels), f.write(out)});
}

void rooms::GatherLabel(OpLowerings &ops) { ops.add<GatherLabelOp>(lower); }

} // namespace veomni::lower
