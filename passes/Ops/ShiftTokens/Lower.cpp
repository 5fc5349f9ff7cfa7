// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Each token sees one some places before it.
#include "Lower/CheckIndices.h"
#include "Lower/Expect.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

static LogicalResult lower(FunctionLowering &f, ShiftTokensOp op) {
  if (failed(expectDynamicTokens(op)))
    return failure();
  Value x = f.buffer(op.getX()), starts = f.buffer(op.getStarts()), out = f.allocate(op.getResult());
  return f.dispatch(op, "shift_tokens", {f.attr("by", static_cast<int64_t>(op.getBy()))},
                    {f.read(x), f.read(starts), f.write(out)});
}

void rooms::ShiftTokens(OpLowerings &ops) {
  ops.add<ShiftTokensOp>(lower).indices(
      [](IndexCheck &check, ShiftTokensOp op) { return check.starts(op, op.getStarts(), op.getStarts()); });
}

} // namespace veomni::lower
