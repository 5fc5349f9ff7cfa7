// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which tokens are not a given one.
#include "Lower/Expect.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

static LogicalResult lower(FunctionLowering &f, NotEqualOp op) {
  if (failed(expectPlainRows(op, /*inRow=*/0)))
    return failure();
  Value tokens = f.buffer(op.getTokens()), out = f.allocate(op.getResult());
  if (op.getResult().getType().getRank() == op.getTokens().getType().getRank())
    out = f.columnOf(out);
  return f.dispatch(op, "not_equal", {f.attr("value", static_cast<int64_t>(op.getValue()))},
                    {f.read(tokens), f.write(out)});
}

void rooms::NotEqual(OpLowerings &ops) { ops.add<NotEqualOp>(lower); }

} // namespace veomni::lower
