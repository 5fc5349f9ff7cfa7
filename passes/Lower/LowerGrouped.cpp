// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Experts over sorted rows.
#include "FunctionLowering.h"

#include "veomni/Codegen/CPU/WorkSplit.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace veomni::lower {

namespace {

LogicalResult lower(FunctionLowering &f, ExpertSortOp op) {
  Value experts = f.buffer(op.getExperts());
  Value routes = f.allocate(op.getRoutes()), places = f.allocate(op.getPlaces()), offsets = f.allocate(op.getOffsets());
  int64_t count = cast<RankedTensorType>(op.getOffsets().getType()).getDimSize(0) - 1;
  f.dispatch(op.getLoc(), "expert_sort",
             {f.attr("experts", count), f.attr("top_k", op.getTopK()), f.stride("ldi", experts), f.stride("ldp", places)},
             {f.read(experts), f.write(routes), f.write(places), f.write(offsets)}, {f.rows(experts)}, {f.program.extent({})});
  return success();
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
  gemm.config = {f.attr("experts", cast<RankedTensorType>(op.getWeight().getType()).getDimSize(0)), f.attr("grouped", true)};
  gemm.tables = {f.buffer(op.getOffsets())};
  if (permute) {
    gemm.config.push_back(f.attr("routes", static_cast<int64_t>(permute.getTopK())));
    gemm.tables.push_back(f.buffer(permute.getRoutes()));
    gemm.copiesRows = true;
  }
  gemm.dispatch(f, op);
  return success();
}

LogicalResult lower(FunctionLowering &f, ExpertCombineOp op) {
  Value x = f.buffer(op.getX()), routes = f.buffer(op.getRoutes()), places = f.buffer(op.getPlaces()), weights = f.buffer(op.getWeights());
  Value out = f.allocate(op.getResult());
  int64_t cols = cast<RankedTensorType>(op.getX().getType()).getDimSize(1);
  int64_t topK = cast<RankedTensorType>(op.getPlaces().getType()).getShape().back();
  f.dispatch(op.getLoc(), "expert_sum",
             {f.attr("cols", cols), f.attr("top_k", topK), f.stride("ldx", x), f.stride("ldp", places), f.stride("ldw", weights),
              f.stride("ldo", out), f.element("type", out)},
             {f.read(x), f.read(routes), f.read(places), f.read(weights), f.write(out)}, {f.rows(out)}, {f.rows(out, cpu::kRowBlock)});
  return success();
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
