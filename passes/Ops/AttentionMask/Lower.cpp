// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What is added to the scores of keys that a query does not see.
#include "Lower/Expect.h"
#include "Lower/OpLowerings.h"
#include "Lower/Visibility.h"

using namespace mlir;

namespace veomni::lower {

static LogicalResult lower(FunctionLowering &f, AttentionMaskOp op) {
  if (failed(expectDynamicTokens(op)))
    return failure();
  SmallVector<FunctionLowering::Use> uses{f.read(f.buffer(op.getStarts()))};
  if (op.getEnds())
    uses.push_back(f.read(f.buffer(op.getEnds())));
  uses.push_back(f.read(f.buffer(op.getKeyMask())));
  uses.push_back(f.write(f.allocate(op.getResult())));
  return f.dispatch(op, "attention_mask", visibilityAttributes(f, op), uses,
                    {f.program.extent(f.flag(op.getMaskGiven()))});
}

void rooms::AttentionMask(OpLowerings &ops) {
  ops.add<AttentionMaskOp>(lower).indices(checkVisibility<AttentionMaskOp>);
}

} // namespace veomni::lower
