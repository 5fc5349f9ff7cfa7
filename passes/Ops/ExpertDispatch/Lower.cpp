// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rows that go to the ranks of their experts: one instruction, which counts them, moves them and runs the function.
#include "Lower/CheckIndices.h"
#include "Lower/FunctionLowering.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

static LogicalResult lower(FunctionLowering &f, ExpertDispatchOp op) {
  Value rows = f.buffer(op.getRows()), offsets = f.buffer(op.getOffsets()), results = f.allocate(op.getResult());
  ProgramBuilder::Instance *callee = f.program.callee(op, f.instance);
  if (!callee || !callee->lowered)
    return failure(); // said already
  f.instruction<rt::ExpertDispatchOp>(op.getLoc(), op.getMeshAxisAttr(),
                                      FlatSymbolRefAttr::get(f.program.receivedSymbol()),
                                      FlatSymbolRefAttr::get(callee->lowered),
                                      Builder(f.context).getI64IntegerAttr(f.nextWindowBase()), rows, offsets, results);
  return success();
}

void rooms::ExpertDispatch(OpLowerings &ops) {
  ops.add<ExpertDispatchOp>(lower).anyRowStride().indices([](IndexCheck &check, ExpertDispatchOp op) {
    return check.within(op, 1, check.rows(op.getRows(), 1, /*more=*/1));
  });
}

} // namespace veomni::lower
