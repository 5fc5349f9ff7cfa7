// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Products of all queries and keys.
#include "Lower/Expect.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

static LogicalResult lower(FunctionLowering &f, AttentionScoresOp op) {
  if (failed(expectDynamicTokens(op)))
    return failure();
  Value q = f.buffer(op.getQuery()), k = f.buffer(op.getKey()), out = f.allocate(op.getResult());
  return f.dispatch(op, "attention_scores", {}, {f.read(q), f.read(k), f.write(out)});
}

void rooms::AttentionScores(OpLowerings &ops) { ops.add<AttentionScoresOp>(lower); }

} // namespace veomni::lower
