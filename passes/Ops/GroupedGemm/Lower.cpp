// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Products of all experts over rows that are sorted by expert.
#include "Lower/CheckIndices.h"
#include "Lower/Expect.h"
#include "Lower/Gemm.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

/// Products read the rows where they are; for anything else they are copied.
static LogicalResult lower(FunctionLowering &f, PermuteOp op) {
  if (failed(expectDynamicRoutes(op, op.getX())))
    return failure();
  auto isProduct = [](OpOperand &use) {
    auto gemm = dyn_cast<GroupedGemmOp>(use.getOwner());
    return gemm && gemm.getX() == use.get();
  };
  if (llvm::all_of(op->getUses(), isProduct))
    return success();
  return f.dispatch(
      op, "permute", {f.attr("top_k", static_cast<int64_t>(op.getTopK()))},
      {f.read(f.buffer(op.getX())), f.read(f.buffer(op.getRoutes())), f.write(f.allocate(op.getResult()))});
}

static LogicalResult lower(FunctionLowering &f, GroupedGemmOp op) {
  FailureOr<Value> weight = f.param(op.getWeight(), /*product=*/true), bias = Value();
  if (failed(weight))
    return noParameter(op, "weight");
  if (op.getBias() && failed(bias = f.param(op.getBias(), /*product=*/false)))
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

void rooms::GroupedGemm(OpLowerings &ops) {
  ops.add<PermuteOp>(lower).indices([](IndexCheck &check, PermuteOp op) {
    return check.within(op, 1, check.rows(op.getX(), static_cast<int64_t>(op.getTopK())));
  });
  ops.add<GroupedGemmOp>(lower)
      .matrix([](GroupedGemmOp op) -> Value { return op.getWeight(); })
      .indices([](IndexCheck &check, GroupedGemmOp op) {
        return check.within(op, 2, check.rows(op.getX(), 1, /*more=*/1));
      });
}

} // namespace veomni::lower
