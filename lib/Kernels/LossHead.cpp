// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "veomni/Kernels/LossHead.h"

using namespace mlir;

namespace veomni::kernels {

static std::string quoted(Operation *op) { return "'" + op->getName().getStringRef().str() + "'"; }

static std::string nameOf(Value value) { return value.getDefiningOp() ? quoted(value.getDefiningOp()) : "an argument"; }

FailureOr<LinearOp> matchLossHead(CrossEntropyOp loss, std::string &why) {
  auto refuse = [&](const Twine &reason) {
    why = reason.str();
    return failure();
  };
  Value logits = loss.getLogits();
  auto linear = logits.getDefiningOp<LinearOp>();
  if (!linear)
    return refuse("its logits are made by " + nameOf(logits) + ", expected 'veomni.linear'");
  if (!getElementTypeOrSelf(logits.getType()).isF32())
    return refuse("its logits are rounded: they are not f32");
  for (Operation *user : logits.getUsers())
    if (user != loss)
      return refuse("its logits are also used by " + quoted(user));
  for (auto [what, matrix] : {std::pair("weight", linear.getWeight()), {"bias", linear.getBias()}})
    if (matrix && !matrix.getDefiningOp<ParamOp>())
      return refuse(Twine("the head's ") + what + " is " + nameOf(matrix) + ", expected 'veomni.param'");
  return linear;
}

} // namespace veomni::kernels
