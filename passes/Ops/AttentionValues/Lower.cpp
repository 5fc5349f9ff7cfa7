// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sums of values by the weights of their keys.
#include "Lower/Expect.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

static LogicalResult lower(FunctionLowering &f, AttentionValuesOp op) {
  if (failed(expectDynamicTokens(op)))
    return failure();
  Value weights = f.buffer(op.getWeights()), v = f.buffer(op.getValue()), out = f.allocate(op.getResult());
  return f.dispatch(op, "attention_values", {}, {f.read(weights), f.read(v), f.write(out)});
}

void rooms::AttentionValues(OpLowerings &ops) { ops.add<AttentionValuesOp>(lower); }

} // namespace veomni::lower
