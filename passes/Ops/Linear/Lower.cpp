// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A product with a weight, which may be that of one expert of a stack.
#include "Lower/Expect.h"
#include "Lower/Gemm.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

static LogicalResult lower(FunctionLowering &f, LinearOp op) {
  if (failed(expectPlainRows(op, /*inRow=*/1)))
    return failure();
  auto select = op.getWeight().getDefiningOp<SelectExpertOp>();
  FailureOr<Value> weight = f.param(select ? select.getStack() : op.getWeight(), /*product=*/true), bias = Value();
  if (failed(weight))
    return noParameter(op, "weight");
  if (Value own = op.getBias()) {
    auto selectBias = own.getDefiningOp<SelectExpertOp>();
    if (static_cast<bool>(select) != static_cast<bool>(selectBias) ||
        (select && select.getExpert() != selectBias.getExpert()))
      return op.emitOpError("weight and bias must be of the same expert");
    if (failed(bias = f.param(select ? selectBias.getStack() : own, /*product=*/false)))
      return noParameter(op, "bias");
  }
  GemmCall gemm{f.buffer(op.getX()), *weight, *bias, f.allocate(op.getResult())};
  if (select) {
    gemm.kind = "expert_gemm";
    gemm.given.push_back(f.program.extent({f.flag(select.getExpert())}));
  }
  if (Value count = f.rowCount(op.getX()))
    gemm.tables.push_back(count);
  return gemm.dispatch(f, op);
}

/// The linear that uses it reads the expert's matrix or bias in place.
static LogicalResult lower(FunctionLowering &f, SelectExpertOp op) {
  for (OpOperand &use : op->getUses())
    if (auto linear = dyn_cast<LinearOp>(use.getOwner());
        !linear || (linear.getWeight() != use.get() && linear.getBias() != use.get()))
      return op.emitOpError() << "can only be the weight or bias of a veomni.linear, found "
                              << use.getOwner()->getName();
  return success();
}

void rooms::Linear(OpLowerings &ops) {
  ops.add<LinearOp>(lower).matrix([](LinearOp op) -> Value { return op.getWeight(); }).anyRowStride();
  ops.add<SelectExpertOp>(lower).matrix([](SelectExpertOp op) -> Value {
    return cast<ShapedType>(op.getType()).getRank() == 2 ? op.getStack() : Value();
  });
}

} // namespace veomni::lower
