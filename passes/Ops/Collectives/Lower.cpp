// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Collectives become instructions; the runtime moves the data, wherever in memory it lies.
#include "Lower/FunctionLowering.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

template <rt::CollectiveKind kind, typename Op> static LogicalResult lower(FunctionLowering &f, Op op) {
  SmallVector<Value> operands = llvm::map_to_vector(op->getOperands(), [&](Value value) { return f.buffer(value); });
  for (Value result : op->getResults())
    operands.push_back(f.allocate(result));
  Builder builder(f.context);
  auto dim = [&](std::optional<unsigned> dim) { return dim ? builder.getI64IntegerAttr(*dim) : IntegerAttr(); };
  f.instruction<rt::CollectiveOp>(op.getLoc(), rt::CollectiveKindAttr::get(f.context, kind), op.getMeshAxisAttr(),
                                  dim(op.getGatheredDim()), dim(op.getPartedDim()), operands);
  return success();
}

void rooms::Collectives(OpLowerings &ops) {
  using enum rt::CollectiveKind;
  ops.add<AllGatherOp>(lower<all_gather>).anyRowStride();
  ops.add<AllSliceOp>(lower<all_slice>).anyRowStride();
  ops.add<AllToAllOp>(lower<all_to_all>).anyRowStride();
  ops.add<AllReduceOp>(lower<all_reduce>).anyRowStride();
  ops.add<ReduceScatterOp>(lower<reduce_scatter>).anyRowStride();
}

} // namespace veomni::lower
