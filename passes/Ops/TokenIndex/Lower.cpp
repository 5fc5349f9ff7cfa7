// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The numbers of tokens of one id.
#include "Lower/Expect.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

static LogicalResult lower(FunctionLowering &f, TokenIndexOp op) {
  if (failed(expectPlainRows(op, /*inRow=*/0)))
    return failure();
  return f.dispatch(op, "token_index", {f.attr("token", static_cast<int64_t>(op.getToken()))},
                    {f.read(f.buffer(op.getIds())), f.write(f.allocate(op.getResult()))});
}

void rooms::TokenIndex(OpLowerings &ops) { ops.add<TokenIndexOp>(lower); }

} // namespace veomni::lower
