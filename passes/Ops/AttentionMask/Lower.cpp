// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What is added to the scores of keys that a query does not see.
#include "Lower/CheckIndices.h"
#include "Lower/Expect.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

static LogicalResult lower(FunctionLowering &f, AttentionMaskOp op) {
  if (failed(expectDynamicTokens(op)) || failed(expectKeysOfQueries(f, op, op.getStarts(), op.getKeyMask())))
    return failure();
  Value starts = f.buffer(op.getStarts()), mask = f.buffer(op.getKeyMask()), out = f.allocate(op.getResult());
  return f.dispatch(op, "attention_mask", {f.attr("window", static_cast<int64_t>(op.getWindow()))},
                    {f.read(starts), f.read(mask), f.write(out)}, {f.program.extent(f.flag(op.getMaskGiven()))});
}

void rooms::AttentionMask(OpLowerings &ops) {
  ops.add<AttentionMaskOp>(lower).indices(
      [](IndexCheck &check, AttentionMaskOp op) { return check.starts(op, op.getStarts()); });
}

} // namespace veomni::lower
