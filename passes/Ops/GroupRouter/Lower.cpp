// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The best experts within the best groups of them.
#include "Lower/Expect.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

static LogicalResult lower(FunctionLowering &f, GroupRouterOp op) {
  if (failed(expectPlainRows(op, /*inRow=*/1)))
    return failure();
  Value logits = f.buffer(op.getLogits()), bias = f.buffer(op.getBias());
  Value experts = f.allocate(op.getExperts()), weights = f.allocate(op.getWeights());
  return f.dispatch(op, "group_router",
                    {f.attr("groups", static_cast<int64_t>(op.getGroups())),
                     f.attr("groups_per_token", static_cast<int64_t>(op.getGroupsPerToken())),
                     f.attr("renormalize", op.getRenormalize()), f.attr("scale", op.getScale())},
                    {f.read(logits), f.read(bias), f.write(experts), f.write(weights)});
}

void rooms::GroupRouter(OpLowerings &ops) { ops.add<GroupRouterOp>(lower); }

} // namespace veomni::lower
