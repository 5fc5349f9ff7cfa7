// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Indices as rows of zeros and a one.
#include "Lower/FunctionLowering.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

static LogicalResult lower(FunctionLowering &f, OneHotOp op) {
  Value indices = f.buffer(op.getIndices()), out = f.allocate(op.getResult());
  return f.dispatch(op, "one_hot", {}, {f.read(indices), f.write(out)});
}

void rooms::OneHot(OpLowerings &ops) { ops.add<OneHotOp>(lower); }

} // namespace veomni::lower
