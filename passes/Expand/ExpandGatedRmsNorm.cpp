// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Expand.h"

using namespace mlir;
using namespace veomni;

expand::Values expand::expand(EagerBuilder &b, GatedRmsNormOp op) {
  Type type = b.element(op.getX());
  Value normal = b.mul(op.getWeight(), b.cast(normalize(b, b.f32(op.getX()), op.getEps()), type));
  return {b.cast(b.mul(normal, activate(b, GluActivation::Silu, b.f32(op.getGate()))), type)};
}
