// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The best experts of each token and their weights.
#include "Lower/Expect.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

static LogicalResult lower(FunctionLowering &f, RouterOp op) {
  if (failed(expectPlainRows(op, /*inRow=*/1)))
    return failure();
  Value logits = f.buffer(op.getLogits()), experts = f.allocate(op.getExperts()), weights = f.allocate(op.getWeights());
  std::string weightType;
  llvm::raw_string_ostream(weightType) << op.getWeightType();
  return f.dispatch(op, "router",
                    {f.attr("score", stringifyRouterScore(op.getScore())), f.attr("renormalize", op.getRenormalize()),
                     f.attr("weight_type", StringRef(weightType))},
                    {f.read(logits), f.write(experts), f.write(weights)});
}

void rooms::Router(OpLowerings &ops) { ops.add<RouterOp>(lower); }

} // namespace veomni::lower
