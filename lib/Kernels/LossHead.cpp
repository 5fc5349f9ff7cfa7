// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Recognises the head whose logits only a loss reads; bind asks before it promises the fused loss, fuse before it
// rewrites.
#include "veomni/Kernels/LossHead.h"

#include "veomni/Kernels/BoundKernel.h"

using namespace mlir;

namespace veomni::kernels {

FailureOr<LinearOp> matchLossHead(CrossEntropyOp loss, std::string &why) {
  auto refuse = [&](const Twine &reason) {
    why = reason.str();
    return failure();
  };
  Value logits = loss.getLogits();
  auto linear = logits.getDefiningOp<LinearOp>();
  if (!linear)
    return refuse("its logits are made by " + nameOfMaker(logits) + ", expected 'veomni.linear'");
  if (!getElementTypeOrSelf(logits.getType()).isF32())
    return refuse("its logits are rounded: they are not f32");
  for (Operation *user : logits.getUsers())
    if (user != loss)
      return refuse("its logits are also used by '" + user->getName().getStringRef() + "'");
  for (auto [what, matrix] : {std::pair("weight", linear.getWeight()), {"bias", linear.getBias()}})
    if (matrix && !matrix.getDefiningOp<ParamOp>())
      return refuse(Twine("the head's ") + what + " is " + nameOfMaker(matrix) + ", expected 'veomni.param'");
  return linear;
}

} // namespace veomni::kernels
