// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A mask that leaves chosen keys only.
#include "Lower/Expect.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

static LogicalResult lower(FunctionLowering &f, KeepKeysOp op) {
  if (failed(expectDynamicTokens(op)))
    return failure();
  Value mask = f.buffer(op.getMask()), indices = f.buffer(op.getIndices()), out = f.allocate(op.getResult());
  return f.dispatch(op, "keep_keys", {}, {f.read(mask), f.read(indices), f.write(out)});
}

void rooms::KeepKeys(OpLowerings &ops) { ops.add<KeepKeysOp>(lower); }

} // namespace veomni::lower
