// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RMS norm in single steps. The variants differ in where the rounding happens, which the order of the steps must
// keep.
#include "Expand/Expand.h"

using namespace mlir;
using namespace veomni;

static expand::Values eagerForm(expand::EagerBuilder &b, RmsNormOp op) {
  Type type = b.element(op.getX());
  Value x = b.f32(op.getX()), inverse = b.inverseRms(x, op.getEps().convertToFloat());
  if (op.getVariant() == NormVariant::Unweighted)
    return {b.mul(op.getX(), b.cast(inverse, type))};
  Value normal = b.mul(x, inverse);
  if (op.getVariant() == NormVariant::OnePlus)
    return {b.cast(b.mul(normal, b.add(b.f32(op.getWeight()), 1.0f)), type)};
  return {b.cast(b.mul(op.getWeight(), b.cast(normal, type)), type)};
}

void expand::rooms::RmsNorm(Expansions &ops) { ops.add<RmsNormOp>(eagerForm); }
