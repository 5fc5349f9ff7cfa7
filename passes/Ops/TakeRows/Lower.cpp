// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rows by their numbers.
#include "Lower/Expect.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

static LogicalResult lower(FunctionLowering &f, TakeRowsOp op) {
  if (failed(expectDynamicRoutes(op, op.getResult())))
    return failure();
  Value rows = f.buffer(op.getRows()), index = f.buffer(op.getIndex());
  if (!op.getOtherwise())
    return f.dispatch(op, "take_rows", {}, {f.read(rows), f.read(index), f.write(f.allocate(op.getResult()))});
  Value otherwise = f.buffer(op.getOtherwise());
  return f.dispatch(op, "take_rows_or", {},
                    {f.read(rows), f.read(index), f.read(otherwise), f.write(f.allocate(op.getResult()))});
}

void rooms::TakeRows(OpLowerings &ops) { ops.add<TakeRowsOp>(lower); }

} // namespace veomni::lower
