// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Routes sorted by expert.
#include "Lower/CheckIndices.h"
#include "Lower/Expect.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

static LogicalResult lower(FunctionLowering &f, ExpertSortOp op) {
  if (failed(expectDynamicRoutes(op, op.getExperts())))
    return failure();
  Value experts = f.buffer(op.getExperts());
  Value routes = f.allocate(op.getRoutes()), places = f.allocate(op.getPlaces()), offsets = f.allocate(op.getOffsets());
  return f.dispatch(op, "expert_sort", {}, {f.read(experts), f.write(routes), f.write(places), f.write(offsets)});
}

void rooms::ExpertSort(OpLowerings &ops) {
  ops.add<ExpertSortOp>(lower).indices([](IndexCheck &check, ExpertSortOp op) {
    return check.within(op, 0, cast<ShapedType>(op.getOffsets().getType()).getDimSize(0) - 1);
  });
}

} // namespace veomni::lower
