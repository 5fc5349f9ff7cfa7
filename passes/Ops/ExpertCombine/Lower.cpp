// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What experts gave, added up for each token.
#include "Lower/CheckIndices.h"
#include "Lower/Expect.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

static LogicalResult lower(FunctionLowering &f, ExpertCombineOp op) {
  if (failed(expectDynamicRoutes(op, op.getPlaces())))
    return failure();
  Value x = f.buffer(op.getX()), routes = f.buffer(op.getRoutes()), places = f.buffer(op.getPlaces()),
        weights = f.buffer(op.getWeights());
  Value out = f.allocate(op.getResult());
  return f.dispatch(op, "expert_sum", {}, {f.read(x), f.read(routes), f.read(places), f.read(weights), f.write(out)});
}

void rooms::ExpertCombine(OpLowerings &ops) {
  ops.add<ExpertCombineOp>(lower).indices([](IndexCheck &check, ExpertCombineOp op) {
    // Of a route only the place among its token's choices is looked at.
    return failure(failed(check.atLeast0(op, 1)) || failed(check.within(op, 2, check.rows(op.getX()))));
  });
}

} // namespace veomni::lower
