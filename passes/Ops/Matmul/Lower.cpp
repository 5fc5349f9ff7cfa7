// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Products of two activations. Kernels take matrices of f32 whose rows alone may have gaps behind them; other values
// are copied first, and results that are other are made apart.
#include "Lower/FunctionLowering.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

/// The same memory as rows of the last dim; null where it is not f32 or has gaps behind greater rows.
static Value asMatrices(FunctionLowering &f, Value buffer) {
  rt::BufferType type = f.type(buffer);
  if (!type.getElementType().isF32())
    return {};
  if (type.getRowRank() == 1)
    return buffer;
  return type.isDense() ? f.view(buffer, rt::BufferType::get(f.context, type.getDims(), type.getElementType()))
                        : Value();
}

/// A buffer of f32 for the same rows without gaps between them.
static Value withoutGaps(FunctionLowering &f, rt::BufferType type) {
  return f.scratch(rt::BufferType::get(f.context, type.getDims(), Float32Type::get(f.context), type.getRowRank(), 0));
}

static FailureOr<Value> matricesOf(FunctionLowering &f, Operation *op, Value value) {
  Value buffer = f.buffer(value);
  if (!buffer)
    return failure(); // said already
  if (Value matrices = asMatrices(f, buffer))
    return matrices;
  Value copy = withoutGaps(f, f.type(buffer));
  if (failed(f.copy(op, buffer, copy)))
    return failure();
  return asMatrices(f, copy);
}

static LogicalResult lower(FunctionLowering &f, MatmulOp op) {
  FailureOr<Value> a = matricesOf(f, op, op.getA()), b = matricesOf(f, op, op.getB());
  Value out = f.allocate(op.getResult());
  if (failed(a) || failed(b))
    return failure();
  Value target = asMatrices(f, out), apart;
  if (!target)
    apart = withoutGaps(f, f.type(out)), target = asMatrices(f, apart);
  std::string kind = "matmul";
  kind += op.getTransposeA() ? "_ta" : "";
  kind += op.getTransposeB() ? "_tb" : "";
  if (failed(f.dispatch(op, kind, {}, {f.read(*a), f.read(*b), f.write(target)})))
    return failure();
  return apart ? f.copy(op, apart, out) : success();
}

void rooms::Matmul(OpLowerings &ops) { ops.add<MatmulOp>(lower); }

} // namespace veomni::lower
