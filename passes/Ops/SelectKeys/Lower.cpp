// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The keys of the greatest scores.
#include "Lower/Expect.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

static LogicalResult lower(FunctionLowering &f, SelectKeysOp op) {
  if (failed(expectDynamicTokens(op)))
    return failure();
  Value scores = f.buffer(op.getScores()), mask = f.buffer(op.getMask()), out = f.allocate(op.getResult());
  return f.dispatch(op, "select_keys", {}, {f.read(scores), f.read(mask), f.write(out)});
}

void rooms::SelectKeys(OpLowerings &ops) { ops.add<SelectKeysOp>(lower); }

} // namespace veomni::lower
