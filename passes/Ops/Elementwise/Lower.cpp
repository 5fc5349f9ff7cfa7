// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One number in, one number out.
#include "Lower/FunctionLowering.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

static LogicalResult lowerUnary(FunctionLowering &f, Operation *op, StringRef function) {
  Value x = f.buffer(op->getOperand(0)), out = f.allocate(op->getResult(0));
  return f.dispatch(op, "elementwise_unary", {f.attr("function", function)}, {f.read(x), f.write(out)});
}

static LogicalResult lowerBinary(FunctionLowering &f, Operation *op, ArrayRef<NamedAttribute> config) {
  SmallVector<FunctionLowering::Use> uses;
  for (Value operand : op->getOperands())
    uses.push_back(f.read(f.buffer(operand)));
  uses.push_back(f.write(f.allocate(op->getResult(0))));
  return f.dispatch(op, "elementwise_binary", config, uses);
}

static LogicalResult lower(FunctionLowering &f, CastOp op) { return lowerUnary(f, op, "cast"); }

static LogicalResult lower(FunctionLowering &f, UnaryOp op) {
  return lowerUnary(f, op, stringifyUnaryKind(op.getKind()));
}

static LogicalResult lower(FunctionLowering &f, BinaryOp op) {
  return lowerBinary(f, op, {f.attr("function", stringifyBinaryKind(op.getKind()))});
}

static LogicalResult lower(FunctionLowering &f, BinaryScalarOp op) {
  return lowerBinary(f, op, {f.attr("function", stringifyBinaryKind(op.getKind())), f.attr("scalar", op.getValue())});
}

void rooms::Elementwise(OpLowerings &ops) {
  ops.add<CastOp>(lower);
  ops.add<UnaryOp>(lower);
  ops.add<BinaryOp>(lower);
  ops.add<BinaryScalarOp>(lower);
}

} // namespace veomni::lower
