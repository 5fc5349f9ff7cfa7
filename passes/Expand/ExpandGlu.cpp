// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A gated unit in single steps: the activation of the gate, then the product with up.
#include "Expand.h"

#include <cmath>
#include <numbers>

using namespace mlir;
using namespace veomni;

Value expand::activate(EagerBuilder &b, GluActivation act, Value x, float alpha) {
  switch (act) {
  case GluActivation::Silu:
    return b.mul(x, b.unary(UnaryKind::Sigmoid, alpha == 1.0f ? x : b.mul(x, alpha)));
  case GluActivation::Gelu: {
    Value erf = b.unary(UnaryKind::Erf, b.mul(x, float(M_SQRT1_2)));
    return b.mul(b.mul(x, 0.5f), b.add(erf, 1.0f));
  }
  case GluActivation::GeluTanh: {
    Value cube = b.mul(b.unary(UnaryKind::Square, x), x);
    Value tanh =
        b.unary(UnaryKind::Tanh, b.mul(b.add(x, b.mul(cube, 0.044715f)), float(M_SQRT2 * std::numbers::inv_sqrtpi)));
    return b.mul(b.mul(x, 0.5f), b.add(tanh, 1.0f));
  }
  }
  llvm_unreachable("every activation has an eager form");
}

Value expand::expandGlu(EagerBuilder &b, GluActivation act, Value gate, Value up) {
  return b.mul(b.cast(activate(b, act, b.f32(gate)), b.element(gate)), up);
}

expand::Values expand::expand(EagerBuilder &b, GluOp op) {
  return {expandGlu(b, op.getAct(), op.getGate(), op.getUp())};
}
