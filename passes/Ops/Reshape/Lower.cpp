// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Heads of columns and back: other names for the same memory.
#include "Lower/FunctionLowering.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

/// unflatten and flatten move no data.
template <typename Op> static LogicalResult lower(FunctionLowering &f, Op op) {
  if (headsOfSlice(op->getResult(0)))
    return success();
  Value x = f.buffer(op->getOperand(0));
  rt::BufferType type = f.bufferType(op->getResult(0));
  // Rows start where those of x do, which are dense where the entry's are read or written.
  if (!type.hasStaticShape())
    type = rt::BufferType::get(f.context, type.getDims(), type.getElementType(), type.getRowRank(), f.rowStride(x));
  f.bind(op->getResult(0), f.view(x, type));
  return success();
}

void rooms::Reshape(OpLowerings &ops) {
  ops.add<UnflattenOp>(lower);
  ops.add<FlattenOp>(lower);
}

} // namespace veomni::lower
