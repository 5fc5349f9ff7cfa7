// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// a + alpha * b of single numbers: how an auxiliary loss joins the loss.
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;

static void emitAddScaled(KernelBuilder &k, const Kernel &kernel) {
  double alpha = kernel.number("alpha");
  k.begin();
  auto number = [&](unsigned operand) { return k.loadScalar(k.operand(operand), k.index(0)); };
  k.storeScalar(k.fma(number(1), k.constant(k.f32(), alpha), number(0)), k.operand(2), k.index(0));
  k.end();
}

KernelKinds kinds::AddScaled() {
  return {{.name = "add_scaled",
           .summary = "out = a + alpha * b, of single numbers.",
           .operands = {read("a", "[] x f32"), read("b", "[] x f32"), write("out", "[] x f32")},
           .attributes = {number("alpha", "what b is multiplied with")},
           .example = {"read [] x f32; read [] x f32; write [] x f32", "{alpha = 1.0 : f32}"},
           .emit = emitAddScaled}};
}
