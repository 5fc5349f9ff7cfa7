// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The gated RMS norm of linear attention as transformers writes it: norm first, then the gate through SiLU, in f32.
#include "Expand/Expand.h"

using namespace mlir;
using namespace veomni;

static expand::Values eagerForm(expand::EagerBuilder &b, GatedRmsNormOp op) {
  Type type = b.element(op.getX());
  Value x = b.f32(op.getX()), normal = b.cast(b.mul(x, b.inverseRms(x, op.getEps().convertToFloat())), type);
  normal = b.mul(op.getWeight(), normal);
  return {b.cast(b.mul(normal, b.activate(GluActivation::Silu, b.f32(op.getGate()))), type)};
}

void expand::rooms::GatedRmsNorm(Expansions &ops) { ops.add<GatedRmsNormOp>(eagerForm); }
