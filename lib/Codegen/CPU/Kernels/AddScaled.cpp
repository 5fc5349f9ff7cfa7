// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// a + alpha * b of single numbers: how an auxiliary loss joins the loss.
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;

LogicalResult veomni::cpu::emitAddScaled(KernelBuilder &k, Attributes &attributes) {
  double alpha = attributes.number("alpha");
  if (failed(attributes.check()))
    return failure();

  k.begin({k.f32(), k.f32(), k.f32()}, 0);
  auto number = [&](unsigned operand) { return k.loadScalar(k.operand(operand), k.index(0)); };
  k.storeScalar(k.fma(number(1), k.constant(k.f32(), alpha), number(0)), k.operand(2), k.index(0));
  k.end();
  return success();
}
