// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Collectives become instructions; the runtime moves the data, wherever in memory it lies.
#include "Lower/FunctionLowering.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

template <typename Op> static LogicalResult lower(FunctionLowering &f, Op op) {
  SmallVector<Value> operands = llvm::map_to_vector(op->getOperands(), [&](Value value) { return f.buffer(value); });
  for (Value result : op->getResults())
    operands.push_back(f.allocate(result));
  Builder builder(f.context);
  auto dim = [&](std::optional<unsigned> dim) { return dim ? builder.getI64IntegerAttr(*dim) : IntegerAttr(); };
  constexpr auto kind = std::is_same_v<Op, AllGatherOp>  ? rt::CollectiveKind::all_gather
                        : std::is_same_v<Op, AllSliceOp> ? rt::CollectiveKind::all_slice
                                                         : rt::CollectiveKind::all_to_all;
  f.instruction<rt::CollectiveOp>(op.getLoc(), rt::CollectiveKindAttr::get(f.context, kind), op.getMeshAxisAttr(),
                                  dim(op.getGatheredDim()), dim(op.getPartedDim()), operands);
  return success();
}

void rooms::Collectives(OpLowerings &ops) {
  ops.add<AllGatherOp>(lower).anyRowStride();
  ops.add<AllSliceOp>(lower).anyRowStride();
  ops.add<AllToAllOp>(lower).anyRowStride();
}

} // namespace veomni::lower
