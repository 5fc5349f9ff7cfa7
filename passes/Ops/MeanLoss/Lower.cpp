// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One loss of those of the tokens.
#include "Lower/FunctionLowering.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

static LogicalResult lower(FunctionLowering &f, MeanLossOp op) {
  Value losses = f.buffer(op.getLosses()), counts = f.buffer(op.getCounts()), out = f.allocate(op.getResult());
  return f.dispatch(op, "mean", {}, {f.read(losses), f.read(counts), f.write(out)});
}

void rooms::MeanLoss(OpLowerings &ops) { ops.add<MeanLossOp>(lower); }

} // namespace veomni::lower
