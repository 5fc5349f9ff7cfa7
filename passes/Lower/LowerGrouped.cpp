// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Experts over sorted rows.
#include "FunctionLowering.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace veomni::lower {

namespace {

LogicalResult lower(FunctionLowering &f, ExpertSortOp op) {
  Value experts = f.buffer(op.getExperts());
  Value routes = f.allocate(op.getRoutes()), places = f.allocate(op.getPlaces()), offsets = f.allocate(op.getOffsets());
  return f.dispatch(op, "expert_sort", {}, {f.read(experts), f.write(routes), f.write(places), f.write(offsets)});
}

/// The products that use it read the rows where they are.
LogicalResult lower(FunctionLowering &f, PermuteOp op) {
  for (OpOperand &use : op->getUses())
    if (auto gemm = dyn_cast<GroupedGemmOp>(use.getOwner()); !gemm || gemm.getX() != use.get())
      return op.emitOpError() << "can only be the rows of a veomni.grouped_gemm, found " << use.getOwner()->getName();
  return success();
}

LogicalResult lower(FunctionLowering &f, GroupedGemmOp op) {
  FailureOr<Value> weight = f.param(op.getWeight(), /*panels=*/true), bias = Value();
  if (failed(weight))
    return noParameter(op, "weight");
  if (op.getBias() && failed(bias = f.param(op.getBias(), /*panels=*/false)))
    return noParameter(op, "bias");
  auto permute = op.getX().getDefiningOp<PermuteOp>();
  GemmCall gemm{f.buffer(permute ? permute.getX() : op.getX()), *weight, *bias, f.allocate(op.getResult())};
  gemm.kind = "grouped_gemm";
  gemm.tables = {f.buffer(op.getOffsets())};
  if (permute) {
    gemm.config.push_back(f.attr("top_k", static_cast<int64_t>(permute.getTopK())));
    gemm.tables.push_back(f.buffer(permute.getRoutes()));
  }
  return gemm.dispatch(f, op);
}

LogicalResult lower(FunctionLowering &f, ExpertCombineOp op) {
  Value x = f.buffer(op.getX()), routes = f.buffer(op.getRoutes()), places = f.buffer(op.getPlaces()),
        weights = f.buffer(op.getWeights());
  Value out = f.allocate(op.getResult());
  return f.dispatch(op, "expert_sum", {}, {f.read(x), f.read(routes), f.read(places), f.read(weights), f.write(out)});
}

} // namespace

LogicalResult lowerGrouped(FunctionLowering &f, Operation *op, bool &handled) {
  handled = true;
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case<ExpertSortOp, PermuteOp, GroupedGemmOp, ExpertCombineOp>([&](auto op) { return lower(f, op); })
      .Default([&](Operation *) {
        handled = false;
        return success();
      });
}

} // namespace veomni::lower
