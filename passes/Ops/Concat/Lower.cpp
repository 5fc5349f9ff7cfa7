// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Columns behind one another.
#include "Lower/FunctionLowering.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

static LogicalResult lower(FunctionLowering &f, ConcatOp op) {
  FunctionLowering::Runs a = f.runs(op.getA()), b = f.runs(op.getB());
  Value out = f.allocate(op.getResult());
  int64_t aCols = lastDim(op.getA()), bCols = lastDim(op.getB()), count = f.groups(out);
  SmallVector<NamedAttribute> config;
  if (f.addRuns(config, "a", a, count, aCols))
    config.push_back(f.attr("a_cols", aCols));
  f.addRuns(config, "b", b, count, bCols);
  return f.dispatch(op, "concat", config, {f.read(a.buffer), f.read(b.buffer), f.write(out)});
}

void rooms::Concat(OpLowerings &ops) { ops.add<ConcatOp>(lower); }

} // namespace veomni::lower
