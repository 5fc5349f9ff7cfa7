// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Recognises the function of one expert that the grouped kernels can replace; bind asks before it promises them, fuse
// before it rewrites.
#include "veomni/Kernels/ExpertsBody.h"

#include "veomni/Kernels/BoundKernel.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace veomni::kernels {

/// Whether `value` is the expert's part of a parameter.
static bool isOwnPart(Value value, Value expert) {
  auto select = value.getDefiningOp<SelectExpertOp>();
  return select && select.getExpert() == expert && select.getStack().getDefiningOp<ParamOp>();
}

FailureOr<ExpertsBody> ExpertsBody::match(ExpertsLoopOp loop, std::string &why) {
  auto callee = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(loop, loop.getCalleeAttr());
  auto refuse = [&](const Twine &reason) {
    why = ("its loop's body @" + loop.getCallee() + " is not down(glu(gate_up(rows))): " + reason).str();
    return failure();
  };
  if (!callee || callee.isExternal() || !callee.getBody().hasOneBlock())
    return refuse("it has no body of one block");
  Block &block = callee.getBody().front();
  ExpertsBody body;
  Value returned = block.getTerminator()->getOperand(0);
  if (!(body.down = returned.getDefiningOp<LinearOp>()))
    return refuse("it returns " + nameOfMaker(returned) + ", expected 'veomni.linear'");
  if (!(body.glu = body.down.getX().getDefiningOp<PackedGluOp>()))
    return refuse("the last product takes " + nameOfMaker(body.down.getX()) + ", expected 'veomni.packed_glu'");
  if (!(body.gateUp = body.glu.getX().getDefiningOp<LinearOp>()))
    return refuse("the activation takes " + nameOfMaker(body.glu.getX()) + ", expected 'veomni.linear'");
  if (body.gateUp.getX() != block.getArgument(0))
    return refuse("the first product takes " + nameOfMaker(body.gateUp.getX()) + ", expected the rows");
  for (LinearOp linear : {body.gateUp, body.down})
    for (Value matrix : {linear.getWeight(), linear.getBias()})
      if (matrix && !isOwnPart(matrix, block.getArgument(1)))
        return refuse("a product takes " + nameOfMaker(matrix) +
                      ", expected 'veomni.select_expert' of a parameter by the loop's expert");
  // Nothing else may be computed: it would be lost.
  for (Operation &op : block.without_terminator())
    if (!isa<ParamOp, SelectExpertOp>(op) &&
        !llvm::is_contained({body.gateUp.getOperation(), body.glu.getOperation(), body.down.getOperation()}, &op))
      return refuse("it also computes '" + op.getName().getStringRef() + "'");
  return body;
}

} // namespace veomni::kernels
